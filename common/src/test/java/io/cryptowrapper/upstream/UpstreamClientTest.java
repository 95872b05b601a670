package io.cryptowrapper.upstream;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.Obstacle;
import io.cryptowrapper.signing.Signature;
import io.cryptowrapper.signing.UpstreamOutcome;
import io.cryptowrapper.signing.VerifyOutcome;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class UpstreamClientTest {

    private static final Duration LIMIT = ofSeconds(30);

    private static final WireMockServer UPSTREAM = new WireMockServer(options()
            .dynamicPort()
            .bindAddress("127.0.0.1")
            .jettyHeaderRequestSize(64 * 1024)
            .stubCorsEnabled(false));

    private UpstreamClient client;

    @BeforeAll
    static void start() {
        UPSTREAM.start();
    }

    @AfterAll
    static void stop() {
        UPSTREAM.stop();
    }

    @BeforeEach
    void open() {
        UPSTREAM.resetAll();
        client = client("http://127.0.0.1:" + UPSTREAM.port());
    }

    @AfterEach
    void close() throws Exception {
        client.close();
    }

    @Test
    void a_rehearsal_goes_all_the_way_and_not_to_the_upstream() {
        assertThat(client.rehearse()).isTrue();

        assertThat(requests()).isEmpty();
    }

    @Test
    void a_call_is_one_get_with_the_key_and_the_message() {
        answer(aResponse().withBody("c2ln"));

        assertThat(call("a b")).isEqualTo(new UpstreamOutcome.Signed(new Signature("c2ln")));

        List<LoggedRequest> requests = requests();
        assertThat(requests).hasSize(1);
        assertThat(requests.getFirst().getMethod().value()).isEqualTo("GET");
        assertThat(requests.getFirst().getUrl()).isEqualTo("/crypto/sign?message=a%20b");
        assertThat(requests.getFirst().getHeader("Authorization")).isEqualTo("top-secret");
        // No offer to upgrade, for one, which some gateways refuse.
        assertThat(requests.getFirst().getAllHeaderKeys())
                .containsExactlyInAnyOrder("Authorization", "Accept", "Host", "Connection", "User-Agent");
        assertThat(requests.getFirst().getHeader("Connection")).isIn("keep-alive", "close");
    }

    @Test
    void a_signature_that_is_not_the_messages_is_none() {
        answer(aResponse().withBody("c2ln"));

        assertThat(((UpstreamOutcome.Failed) call("wrong")).failure().body())
                .contains("its signature does not fit the message");
    }

    @Test
    void to_verify_is_one_get_with_the_key_the_message_and_the_signature() {
        answer(aResponse().withBody("{\"valid\":true}"));

        assertThat(verify("a b", "c2l+/=")).isEqualTo(new VerifyOutcome.Verdict(true));

        assertThat(requests()).hasSize(1);
        assertThat(requests().getFirst().getUrl()).isEqualTo("/crypto/verify?message=a%20b&signature=c2l%2B%2F%3D");
        assertThat(requests().getFirst().getHeader("Authorization")).isEqualTo("top-secret");
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void a_broken_answer_is_no_verdict_and_is_not_asked_for_again(Fault fault) {
        answer(aResponse().withFault(fault));

        VerifyOutcome outcome = verify("m", "c2ln");

        assertThat(((UpstreamOutcome.Failed) ((VerifyOutcome.None) outcome).why())
                        .failure()
                        .statusCode())
                .isEqualTo(502);
        assertThat(requests()).hasSize(1);
    }

    @Test
    void with_an_old_grant_nothing_is_verified() {
        answer(aResponse().withBody("{\"valid\":true}"));
        Grant old =
                new Grant(System::nanoTime, System.nanoTime() - ofSeconds(10).toNanos(), ofSeconds(1), () -> false);

        assertThat(client.verify(old, new Message("m"), new Signature("c2ln"), LIMIT)
                        .join())
                .isEqualTo(new VerifyOutcome.None(new UpstreamOutcome.NotCalled(Obstacle.PERMISSION_TOO_OLD)));

        assertThat(requests()).isEmpty();
    }

    @Test
    void a_verdict_that_does_not_come_is_waited_for_to_the_limit() throws Exception {
        try (ServerSocket silent = silent();
                UpstreamClient other = client(silent)) {
            assertThat(other.verify(grant(), new Message("m"), new Signature("c2ln"), ofMillis(200))
                            .join())
                    .isEqualTo(new VerifyOutcome.None(
                            new UpstreamOutcome.Failed(Failure.noAnswerWithin(ofMillis(200)), null)));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a+b       | a%2Bb",
                "/=&#%?;   | %2F%3D%26%23%25%3F%3B",
                "%41       | %2541",
                "é😀       | %C3%A9%F0%9F%98%80",
                "a*b~c-d_e.f | a*b%7Ec-d_e.f"
            })
    void every_character_is_encoded_so_that_forms_and_uris_read_it_alike(String message, String encoded) {
        answer(aResponse().withBody("c2ln"));

        call(message);

        assertThat(requests().getFirst().getUrl()).isEqualTo("/crypto/sign?message=" + encoded);
    }

    @Test
    void a_path_in_the_base_url_is_kept() throws Exception {
        answer(aResponse().withBody("c2ln"));
        try (UpstreamClient below = client("http://127.0.0.1:" + UPSTREAM.port() + "/v1/api/")) {
            below.call(grant(), new Message("m"), LIMIT).join();
        }

        assertThat(requests().getFirst().getUrl()).isEqualTo("/v1/api/crypto/sign?message=m");
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void a_broken_answer_is_a_failure_and_is_not_asked_for_again(Fault fault) {
        answer(aResponse().withFault(fault));

        UpstreamOutcome outcome = call("m");

        assertThat(outcome).isInstanceOf(UpstreamOutcome.Failed.class);
        assertThat(((UpstreamOutcome.Failed) outcome).failure().statusCode()).isEqualTo(502);
        assertThat(((UpstreamOutcome.Failed) outcome).failure().body())
                .startsWith("The connection to the upstream failed: ");
        assertThat(requests()).hasSize(1);
    }

    @Test
    void a_redirect_is_a_failure_and_is_not_followed_with_the_key() {
        answer(aResponse().withBody("c2ln"));
        UPSTREAM.stubFor(get(urlPathEqualTo("/crypto/sign"))
                .willReturn(aResponse().withStatus(302).withHeader("Location", "/elsewhere")));

        assertThat(((UpstreamOutcome.Failed) call("m")).failure().statusCode()).isEqualTo(302);
        assertThat(requests()).hasSize(1);
    }

    @Test
    void a_503_is_not_asked_for_again_at_once_even_if_it_says_when() {
        answer(aResponse().withStatus(503).withHeader("Retry-After", "1").withBody("busy"));

        assertThat(call("m")).isEqualTo(new UpstreamOutcome.Failed(new Failure(503, "busy"), ofSeconds(1)));
        assertThat(requests()).hasSize(1);
    }

    @Test
    void a_body_of_a_mebibyte_is_no_signature_and_its_end_is_not_waited_for() throws Exception {
        try (ServerSocket slow = silent();
                UpstreamClient other = client(slow)) {
            CompletableFuture<UpstreamOutcome> call = other.call(grant(), new Message("m"), LIMIT);
            try (Socket connection = slow.accept()) {
                connection
                        .getOutputStream()
                        .write(("HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n" + "x".repeat(20_000))
                                .getBytes(US_ASCII));

                assertThat(call.join())
                        .isEqualTo(new UpstreamOutcome.Failed(
                                new Failure(
                                        200,
                                        "The upstream answered 200, but its body is longer than 16384 bytes: no"
                                                + " signature."),
                                null));
            }
        }
    }

    @Test
    void an_upstream_that_hangs_is_a_504_by_the_limit() throws Exception {
        try (ServerSocket silent = silent();
                UpstreamClient other = client(silent)) {
            assertThat(other.call(grant(), new Message("m"), ofMillis(300)).join())
                    .isEqualTo(new UpstreamOutcome.Failed(
                            new Failure(504, "The upstream did not answer within 300 ms."), null));
        }
    }

    @Test
    void a_body_that_comes_drop_by_drop_does_not_outlast_the_limit() {
        answer(aResponse().withBody("x".repeat(1000)).withChunkedDribbleDelay(1000, 100_000));

        assertThat(client.call(grant(), new Message("m"), ofMillis(400)).join())
                .isEqualTo(new UpstreamOutcome.Failed(
                        new Failure(504, "The upstream did not answer within 400 ms."), null));
    }

    @Test
    void an_upstream_that_is_not_there_is_a_502_in_words_that_name_no_host() throws Exception {
        int closed;
        try (ServerSocket socket = silent()) {
            closed = socket.getLocalPort();
        }

        assertThat(failureAt("http://127.0.0.1:" + closed))
                .isEqualTo(new Failure(502, "The connection to the upstream failed: it was refused."));
        assertThat(failureAt("http://no-such-host.invalid"))
                .isEqualTo(
                        new Failure(502, "The connection to the upstream failed: its host name cannot be resolved."));
    }

    @Test
    void tls_that_cannot_be_agreed_on_is_a_502() {
        assertThat(failureAt("https://127.0.0.1:" + UPSTREAM.port()))
                .isEqualTo(
                        new Failure(502, "The connection to the upstream failed: no secure connection could be made."));
    }

    @Test
    void nothing_is_sent_with_a_grant_that_has_become_too_old() {
        answer(aResponse().withBody("c2ln"));
        Grant old =
                new Grant(System::nanoTime, System.nanoTime() - ofSeconds(10).toNanos(), ofSeconds(1), () -> false);

        assertThat(client.call(old, new Message("m"), LIMIT).join())
                .isEqualTo(new UpstreamOutcome.NotCalled(Obstacle.PERMISSION_TOO_OLD));
        assertThat(requests()).isEmpty();
    }

    @Test
    void a_call_that_was_held_up_until_it_was_sent_counts_from_then() {
        answer(aResponse().withBody("c2ln"));
        // Looked at twice before the sending; then the process stands still until the request has arrived.
        var looks = new AtomicInteger();
        var renewals = new AtomicInteger();
        LongSupplier clock = () -> {
            if (looks.getAndIncrement() < 2) {
                return 0;
            }
            await("the request's arrival before the last look")
                    .until(() -> requests().size() == 1);
            return ofSeconds(1).toNanos();
        };
        var grant = new Grant(clock, 0, ofSeconds(1), () -> renewals.incrementAndGet() > 0);

        assertThat(client.call(grant, new Message("m"), LIMIT).join()).isInstanceOf(UpstreamOutcome.Signed.class);

        await().until(() -> renewals.get() == 1);
    }

    @Test
    void the_number_of_concurrent_calls_is_limited_however_long_the_upstream_takes() throws Exception {
        ServerSocket silent = silent();
        try (UpstreamClient bounded = client(silent)) {
            List<CompletableFuture<UpstreamOutcome>> calls = fill(bounded, LIMIT);

            assertThat(bounded.hasRoom()).isFalse();
            assertThat(bounded.call(grant(), new Message("one more"), LIMIT))
                    .isCompletedWithValue(new UpstreamOutcome.NotCalled(Obstacle.TOO_MANY_CALLS));

            silent.close();
            assertThat(calls).allSatisfy(call -> assertThat(call.join()).isInstanceOf(UpstreamOutcome.Failed.class));
            await().until(bounded::hasRoom);
        } finally {
            silent.close();
        }
    }

    @Test
    void calls_that_time_out_make_room_for_others() throws Exception {
        try (ServerSocket silent = silent();
                UpstreamClient bounded = client(silent)) {
            var late = new UpstreamOutcome.Failed(Failure.noAnswerWithin(ofMillis(200)), null);
            assertThat(fill(bounded, ofMillis(200)))
                    .allSatisfy(call -> assertThat(call.join()).isEqualTo(late));

            await().until(bounded::hasRoom);

            assertThat(bounded.call(grant(), new Message("another"), ofMillis(200))
                            .join())
                    .isEqualTo(late);
        }
    }

    @Test
    void headers_that_do_not_end_are_read_to_a_limit_only() throws Exception {
        try (ServerSocket endless = silent();
                UpstreamClient other = client(endless)) {
            CompletableFuture<UpstreamOutcome> call = other.call(grant(), new Message("m"), LIMIT);
            try (Socket connection = endless.accept()) {
                connection.getOutputStream().write(("HTTP/1.1 200 OK\r\nX: " + "x".repeat(20_000)).getBytes(US_ASCII));

                assertThat(call.join())
                        .isEqualTo(new UpstreamOutcome.Failed(
                                Failure.connection("the headers of its answer are too long"), null));
            }
        }
    }

    @Test
    void a_grant_is_looked_at_when_the_connection_is_there_and_not_before() throws Exception {
        try (ServerSocket server = silent()) {
            var connected = new CompletableFuture<Boolean>();
            Grant old = new Grant(
                    System::nanoTime, System.nanoTime() - ofSeconds(10).toNanos(), ofSeconds(1), () -> {
                        // By now there is something to accept.
                        try {
                            server.setSoTimeout(Math.toIntExact(LIMIT.toMillis()));
                            server.accept().close();
                            connected.complete(true);
                        } catch (IOException e) {
                            connected.complete(false);
                        }
                        return false;
                    });
            try (UpstreamClient other = client(server)) {
                other.call(old, new Message("m"), LIMIT).join();
            }

            assertThat(connected.getNow(false)).isTrue();
        }
    }

    @Test
    void calls_do_not_wait_for_one_another() throws Exception {
        try (ServerSocket slow = silent();
                UpstreamClient other = client(slow)) {
            List<CompletableFuture<UpstreamOutcome>> calls = IntStream.range(0, 8)
                    .mapToObj(i -> other.call(grant(), new Message("m" + i), LIMIT))
                    .toList();
            List<Socket> connections = new ArrayList<>();
            for (int i = 0; i < calls.size(); i++) {
                Socket connection = slow.accept();
                // The request has arrived, and none is answered yet.
                connection.getInputStream().read();
                connections.add(connection);
            }

            for (Socket connection : connections) {
                connection
                        .getOutputStream()
                        .write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nc2ln".getBytes(US_ASCII));
            }
            assertThat(calls)
                    .allSatisfy(call ->
                            assertThat(call.join()).isEqualTo(new UpstreamOutcome.Signed(new Signature("c2ln"))));
            for (Socket connection : connections) {
                connection.close();
            }
        }
    }

    private static List<CompletableFuture<UpstreamOutcome>> fill(UpstreamClient of, Duration limit) {
        return IntStream.range(0, UpstreamClient.MOST_CALLS)
                .mapToObj(i -> of.call(grant(), new Message("m" + i), limit))
                .toList();
    }

    /** An upstream that accepts connections and never answers by itself. */
    private static ServerSocket silent() throws IOException {
        return new ServerSocket(0, 1000, InetAddress.getLoopbackAddress());
    }

    private static UpstreamClient client(ServerSocket upstream) {
        return client("http://127.0.0.1:" + upstream.getLocalPort());
    }

    private void answer(ResponseDefinitionBuilder response) {
        UPSTREAM.stubFor(any(anyUrl()).willReturn(response));
    }

    private UpstreamOutcome call(String message) {
        return client.call(grant(), new Message(message), LIMIT).join();
    }

    private VerifyOutcome verify(String message, String signature) {
        return client.verify(grant(), new Message(message), new Signature(signature), LIMIT)
                .join();
    }

    private Failure failureAt(String baseUrl) {
        try (UpstreamClient other = client(baseUrl)) {
            return ((UpstreamOutcome.Failed)
                            other.call(grant(), new Message("m"), LIMIT).join())
                    .failure();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private List<LoggedRequest> requests() {
        return UPSTREAM.getAllServeEvents().stream()
                .map(event -> event.getRequest())
                .toList();
    }

    private static Grant grant() {
        return new Grant(System::nanoTime, System.nanoTime(), ofSeconds(60), () -> false);
    }

    private static UpstreamClient client(String baseUrl) {
        return new UpstreamClient(
                new CryptoSettings.Api(
                        URI.create(baseUrl),
                        "top-secret",
                        null,
                        ofMillis(1500),
                        new CryptoSettings.Quota(10, ofSeconds(60)),
                        null,
                        null),
                (message, signature) -> !message.text().equals("wrong"),
                Clock.systemUTC());
    }
}
