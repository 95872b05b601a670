package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.SigningStatus;
import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.testing.RawHttp;
import io.cryptowrapper.testing.Stage;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Many messages in one request, each taken as if it had come alone. */
@Tag(Stage.BOTH_SERVERS)
@Timeout(60)
class BatchTest extends SharedApiTest {

    private final String prefix = "b-" + UUID.randomUUID() + "-";

    @Test
    void each_message_is_answered_in_its_place_as_if_it_had_come_alone() throws Exception {
        upstream.follow(called -> Optional.of(
                called.endsWith("bad")
                        ? Behaviour.Answer.text(422, "not this one")
                        : called.endsWith("down")
                                ? Behaviour.Answer.text(502, "down")
                                : Behaviour.Answer.text(200, "c2ln")));
        String known = api.sign(prefix + "known").body();

        RawHttp.Response response = post(List.of(
                prefix + "down",
                prefix + "known",
                prefix + "bad",
                prefix + "new",
                prefix + "down",
                prefix + "\u00e4\""));

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.header("Content-Type")).contains("application/json");
        assertThat(response.header("Cache-Control")).contains("no-store");
        String seconds = response.header("Retry-After").orElseThrow();
        String down = """
            {"last_status_code":502,"message":"%sdown","retry_in_seconds":%s,"success":false,"value":"down"}\
            """.formatted(prefix, seconds);
        assertThat(response.body())
                .isEqualTo("[" + down + "," + known + """
                    ,{"last_status_code":422,"message":"%1$sbad","success":false,"value":"not this one"}\
                    ,{"last_status_code":200,"message":"%1$snew","success":true,"value":"c2ln"},\
                    """.formatted(prefix) + down + """
                        ,{"last_status_code":200,"message":"%s\u00e4\\"","success":true,"value":"c2ln"}]\
                        """.formatted(prefix));
        assertThat(callsOfTheBatch()).isEqualTo(5);
        QueuedMessages.awaitOnce(prefix + "down");
    }

    @Test
    void a_thousand_known_messages_are_answered_and_cost_no_call() throws Exception {
        List<String> messages = messages(1000);
        for (String message : messages) {
            store(message, new SigningStatus.Signed(SIGNATURE));
        }

        RawHttp.Response response = post(messages);

        assertThat(told(response.body())).isEqualTo(messages);
        assertThat(response.body()).doesNotContain("\"success\":false");
        assertThat(response.header("Retry-After")).isEmpty();
        assertThat(callsOfTheBatch()).isZero();
    }

    @Test
    void each_of_a_thousand_new_messages_is_queued_or_refused_in_its_place_while_the_quota_is_used_up()
            throws Exception {
        try (RunningApi own = withSmallQuota()) {
            List<String> messages = messages(1000);

            RawHttp.Response response = post(own, messages);

            assertThat(response.status()).isEqualTo(200);
            assertThat(told(response.body())).isEqualTo(messages);
            assertThat(response.body()).contains("its quota is used up");
            assertThat(callsOfTheBatch()).isZero();
            List<String> accepted = acceptedIn(response.body());
            assertThat(accepted).hasSizeGreaterThan(100);
            await().until(() -> {
                Set<String> queued = new HashSet<>(QueuedMessages.all());
                Set<String> kept = outbox(own);
                return accepted.stream().allMatch(message -> queued.contains(message) || kept.contains(idOf(message)));
            });
        }
    }

    @Test
    void an_upstream_that_hangs_makes_all_of_them_wait() throws Exception {
        upstreamDoes(new Behaviour.Hang(Duration.ofSeconds(20)));

        RawHttp.Response response = post(messages(5));

        assertThat(response.status()).isEqualTo(200);
        assertThat(told(response.body())).isEqualTo(messages(5));
        assertThat(response.body()).contains("\"last_status_code\":504").doesNotContain("\"success\":true");
    }

    @Test
    void without_redis_new_messages_are_queued_and_not_called() throws Exception {
        api.toRedis().cut();

        RawHttp.Response response = post(messages(3));

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body()).contains("\"last_status_code\":429").doesNotContain("\"status\":503");
        assertThat(callsOfTheBatch()).isZero();
        messages(3).forEach(QueuedMessages::awaitOnce);
    }

    @Test
    void without_rabbitmq_they_are_kept_in_the_outbox() throws Exception {
        upstreamDoes(Behaviour.Answer.text(502, "down"));
        api.toBroker().silence();

        RawHttp.Response response = post(messages(20));

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body()).doesNotContain("\"status\":503");
        assertThat(outbox(api))
                .containsAll(messages(20).stream().map(BatchTest::idOf).toList());
    }

    @Test
    void without_both_nothing_is_accepted_but_what_is_remembered_is_answered() throws Exception {
        String known = api.sign(prefix + "known").body();
        api.toRedis().cut();
        api.toBroker().cut();

        RawHttp.Response response = post(messages(20));
        assertThat(response.status()).isEqualTo(503);
        assertThat(response.header("Content-Type")).contains("application/problem+json");
        assertThat(response.header("Retry-After")).contains("5");

        RawHttp.Response some = post(List.of(prefix + "known", prefix + "new"));
        assertThat(some.status()).isEqualTo(200);
        assertThat(some.header("Retry-After")).contains("5");
        assertThat(some.body()).isEqualTo("[" + known + """
            ,{"detail":"The message could be neither stored nor queued in time. Nothing is promised: send it again\
             later.","message":"%snew","status":503,"title":"Service Unavailable"}]\
            """.formatted(prefix));
    }

    @Test
    void a_malformed_batch_touches_nothing() throws Exception {
        RawHttp.Response response =
                RawHttp.post(api.port(), "/crypto/sign", "{\"messages\":[\"" + prefix + "a\",\"" + prefix + "b\",7]}");

        assertThat(response.status()).isEqualTo(400);
        assertThat(response.body()).isEqualTo("""
            {"detail":"messages[2] is not a string.","instance":"/crypto/sign","status":400,"title":"Bad Request"}\
            """);
        assertThat(response.header("Content-Type")).contains("application/problem+json");
        assertThat(callsOfTheBatch()).isZero();
        assertThat(api.part(SignatureStore.class).find(new Message(prefix + "a").id()))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "Content-Type: text/plain, 415",
        "Content-Type: application/x-www-form-urlencoded, 415",
        "Content-Type: application/problem+json, 415",
        "Content-Type: nothing, 415",
        "X-Nothing: here, 415",
        "Content-Encoding: gzip, 415",
        "Prefer: wait=x, 400",
        "Content-Length: 4194305, 413",
    })
    void what_cannot_be_a_batch_is_refused_by_its_headers(String header, int status) throws Exception {
        boolean json = !header.startsWith("Content-Type") && !header.startsWith("X-");
        try (Socket client = RawHttp.send(
                "POST",
                api.port(),
                "/crypto/sign",
                header,
                json ? "Content-Type: application/json" : "X-Other: here",
                header.startsWith("Content-Length") ? "X-Length: given" : "Content-Length: 0")) {
            // Otherwise the server waits for the body before it closes the connection.
            client.shutdownOutput();
            RawHttp.Response response = RawHttp.read(client);

            assertThat(response.status()).isEqualTo(status);
            assertThat(response.header("Content-Type")).contains("application/problem+json");
        }
    }

    @Test
    void a_body_of_unknown_length_is_read_no_further_than_it_may_be_long() throws Exception {
        try (RunningApi own =
                RunningApi.on(TestServers.newDatabase(), upstream.baseUrl(), Map.of("crypto.batch.max-size", "16KB"))) {
            try (Socket client = RawHttp.send(
                    "POST",
                    own.port(),
                    "/crypto/sign",
                    "Content-Type: application/json",
                    "Transfer-Encoding: chunked")) {
                client.getOutputStream()
                        .write(("5000\r\n" + " ".repeat(0x5000) + "\r\n0\r\n\r\n").getBytes(StandardCharsets.US_ASCII));

                assertThat(RawHttp.read(client).status()).isEqualTo(413);
            }
            assertThat(post(own, List.of("a".repeat(8192), "b")).status()).isEqualTo(200);
        }
    }

    @Test
    void beyond_so_many_at_once_batches_are_refused_and_single_messages_are_not() throws Exception {
        try (RunningApi own =
                RunningApi.on(TestServers.newDatabase(), upstream.baseUrl(), Map.of("crypto.batch.max-at-once", "1"))) {
            upstreamDoes(new Behaviour.Hang(Duration.ofSeconds(20)));
            try (Socket client = RawHttp.openPost(own.port(), "/crypto/sign", json(messages(2)))) {
                await().until(() -> callsOfTheBatch() == 2);

                RawHttp.Response refused = post(own, messages(3));

                assertThat(refused.status()).isEqualTo(503);
                assertThat(refused.header("Retry-After")).contains("2");
                assertThat(refused.body()).contains("CRYPTO_BATCH_MAX_AT_ONCE");
                upstreamIsWell();
                assertThat(own.sign(prefix + "single").status()).isEqualTo(200);
                assertThat(RawHttp.read(client).status()).isEqualTo(200);
            }
            assertThat(post(own, messages(3)).status()).isEqualTo(200);
        }
    }

    @Test
    void a_body_that_comes_slowly_takes_no_place_of_others() throws Exception {
        try (RunningApi own = RunningApi.on(
                TestServers.newDatabase(),
                upstream.baseUrl(),
                Map.of(
                        "crypto.batch.max-at-once",
                        "1",
                        // One less than there are slow ones.
                        "crypto.requests.max-at-once",
                        "39",
                        "server.tomcat.connection-timeout",
                        "2s"))) {
            List<Socket> slow = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                Socket client = RawHttp.send(
                        "POST", own.port(), "/crypto/sign", "Content-Type: application/json", "Content-Length: 100");
                client.getOutputStream().write('{');
                slow.add(client);
                if (i % 10 == 9) {
                    // While all of them begin at the same time, the last one would be one too many.
                    await().until(() -> own.sign(prefix + "single").status() == 200);
                }
            }

            await().untilAsserted(
                            () -> assertThat(post(own, messages(2)).status()).isEqualTo(200));
            assertThat(own.sign(prefix + "single").status()).isEqualTo(200);

            for (Socket client : slow) {
                assertThat(told(client)).isIn("408", "closed");
                client.close();
            }
        }
    }

    /** Who is silent for too long is not always told so before the connection ends. */
    private static String told(Socket client) {
        try {
            return Integer.toString(RawHttp.read(client).status());
        } catch (IOException e) {
            return "closed";
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        Content-Length: 17         | {"messages":["a"
        Content-Length: 17         | ''
        Transfer-Encoding: chunked | 10\\r\\n{"messages":["a"\\r\\n
        Transfer-Encoding: chunked | 10\\r\\n{"mess
        Transfer-Encoding: chunked | 1x\\r\\n{"messages":["a"]}\\r\\n0\\r\\n\\r\\n
        """)
    void a_body_that_breaks_off_is_said_to_be(String header, String body) throws Exception {
        Queue<String> answers = new ConcurrentLinkedQueue<>();
        byte[] sent = body.translateEscapes().getBytes(StandardCharsets.UTF_8);

        // Many at once: some have broken off before the request is held, others after.
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 16; i++) {
                var _ = clients.submit(() -> {
                    for (int k = 0; k < 25; k++) {
                        try (Socket client = RawHttp.send(
                                "POST", api.port(), "/crypto/sign", "Content-Type: application/json", header)) {
                            client.getOutputStream().write(sent);
                            client.shutdownOutput();
                            RawHttp.Response answer = RawHttp.read(client);
                            answers.add(answer.status() + " " + answer.body());
                        }
                    }
                    return null;
                });
            }
        }

        assertThat(answers)
                .hasSize(16 * 25)
                .allSatisfy(answer -> assertThat(answer)
                        .startsWith("400 ")
                        .contains("The body ended before it was complete, or its chunks are malformed."));
    }

    @Test
    void a_client_that_goes_away_in_the_middle_of_its_body_leaves_nothing_behind() throws Exception {
        try (RunningApi own =
                RunningApi.on(TestServers.newDatabase(), upstream.baseUrl(), Map.of("crypto.batch.max-at-once", "1"))) {
            for (int i = 0; i < 50; i++) {
                try (Socket client = RawHttp.send(
                        "POST",
                        own.port(),
                        "/crypto/sign",
                        "Content-Type: application/json",
                        "Content-Length: 3000000")) {
                    client.getOutputStream().write(new byte[1_000_000]);
                }
            }

            await().untilAsserted(() ->
                    assertThat(post(own, List.of("x".repeat(8000))).status()).isEqualTo(200));
        }
    }

    static String json(List<String> messages) {
        return messages.stream()
                .map(message -> "\"" + message.replace("\"", "\\\"") + "\"")
                .collect(Collectors.joining(",", "{\"messages\":[", "]}"));
    }

    private List<String> messages(int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + i).toList();
    }

    /** The messages of an answer, in order. */
    private static List<String> told(String body) {
        Matcher message = Pattern.compile("\"message\":\"([^\"]*)\"").matcher(body);
        return message.results().map(found -> found.group(1)).toList();
    }

    private static RawHttp.Response post(List<String> messages) throws IOException {
        return post(api, messages);
    }

    private static RawHttp.Response post(RunningApi asked, List<String> messages) throws IOException {
        return RawHttp.post(asked.port(), "/crypto/sign", json(messages));
    }

    /** An API whose quota is used up. */
    static RunningApi withSmallQuota() throws IOException {
        RunningApi own =
                RunningApi.on(TestServers.newDatabase(), upstream.baseUrl(), Map.of("crypto.api.quota.calls", "1"));
        own.sign(RunningApi.newMessage());
        return own;
    }

    /** The messages of an answer that have no problem in their place. */
    private static List<String> acceptedIn(String body) {
        return Pattern.compile("\\{\"last_status_code\":[0-9]+,\"message\":\"([^\"]*)\"")
                .matcher(body)
                .results()
                .map(found -> found.group(1))
                .toList();
    }

    private static Set<String> outbox(RunningApi asked) {
        return asked.redis().opsForZSet().range("sign:outbox", 0, -1);
    }

    private static String idOf(String message) {
        return new Message(message).id().hex();
    }

    private long callsOfTheBatch() {
        return upstream.calls().stream()
                .filter(call -> call.message().startsWith(prefix))
                .count();
    }
}
