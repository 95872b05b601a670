package io.cryptowrapper.simulator;

import static io.cryptowrapper.simulator.SimulatorCalls.KEY;
import static io.cryptowrapper.simulator.SimulatorCalls.get;
import static io.cryptowrapper.simulator.SimulatorCalls.sign;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cryptowrapper.testing.RawHttp;
import io.cryptowrapper.testing.SettableClock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UpstreamSimulatorTest {

    private static final String DEGRADED = "Error 502: Failed to sign message due to simulated service degradation.\n";

    /** Shortly before it overflows, as any clock of nanoseconds may. */
    private final SettableClock clock = new SettableClock(Long.MAX_VALUE - 1_000_000);

    private SimulatorSettings settings;
    private UpstreamSimulator simulator;

    @BeforeEach
    void start() {
        settings = SimulatorSettings.in(SimulatorCalls.DATA_DIR).withLatency(Duration.ZERO);
        simulator = UpstreamSimulator.start(settings, clock::nanos);
    }

    @AfterEach
    void stop() {
        simulator.close();
    }

    @Test
    void a_message_is_signed_with_the_published_key() throws Exception {
        String message = messageThatFails(false);

        RawHttp.Response response = sign(simulator, message);

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.hasHeader("Content-Type: text/plain")).isTrue();
        assertThat(verifies(publicKey(), message, response.body())).isTrue();
        assertThat(response.body()).doesNotContain("\n", "\r", " ");
    }

    @Test
    void it_tells_which_calls_have_arrived_and_when() throws Exception {
        sign(simulator, messageThatFails(false));
        clock.advance(Duration.ofSeconds(3));
        sign(simulator, messageThatFails(true));

        String[] calls = get(simulator, "/crypto/calls").body().split("\n");

        assertThat(calls).hasSize(2);
        assertThat(calls[0]).endsWith(",200," + URLEncoder.encode(messageThatFails(false), StandardCharsets.UTF_8));
        assertThat(calls[1]).endsWith(",502," + URLEncoder.encode(messageThatFails(true), StandardCharsets.UTF_8));
        assertThat(Long.parseLong(calls[1].split(",", 3)[0]) - Long.parseLong(calls[0].split(",", 3)[0]))
                .isEqualTo(Duration.ofSeconds(3).toNanos());
    }

    @Test
    void a_message_that_failed_first_is_signed_after_its_failing_time() throws Exception {
        String message = messageThatFails(true);

        RawHttp.Response first = sign(simulator, message);
        clock.advance(Duration.ofSeconds(20).minusNanos(1));
        RawHttp.Response last = sign(simulator, message);
        clock.advance(Duration.ofNanos(1));
        RawHttp.Response signed = sign(simulator, message);

        assertThat(first.status()).isEqualTo(502);
        assertThat(first.body()).isEqualTo(DEGRADED);
        assertThat(first.hasHeader("Content-Type: text/plain")).isTrue();
        assertThat(last.status()).isEqualTo(502);
        assertThat(signed.status()).isEqualTo(200);
        assertThat(verifies(publicKey(), message, signed.body())).isTrue();
    }

    @Test
    void a_call_over_the_budget_is_turned_away_and_takes_nothing_from_it() throws Exception {
        for (int i = 0; i < 5; i++) {
            assertThat(sign(simulator, "m").status()).isNotEqualTo(429);
        }
        clock.advance(Duration.ofSeconds(30));
        for (int i = 0; i < 5; i++) {
            assertThat(sign(simulator, "m").status()).isNotEqualTo(429);
        }
        RawHttp.Response eleventh = sign(simulator, "m");
        clock.advance(Duration.ofSeconds(30).minusNanos(1));
        RawHttp.Response tooEarly = sign(simulator, "m");
        clock.advance(Duration.ofNanos(1));

        assertThat(eleventh.status()).isEqualTo(429);
        assertThat(eleventh.hasHeader("Content-Type: text/plain")).isTrue();
        assertThat(eleventh.body()).isEqualTo("There were already 10 calls in the last 60000 ms.");
        assertThat(tooEarly.status()).isEqualTo(429);
        for (int i = 0; i < 5; i++) {
            assertThat(sign(simulator, "m").status()).isNotEqualTo(429);
        }
        assertThat(sign(simulator, "m").status()).isEqualTo(429);
    }

    @Test
    void calls_without_the_key_are_refused_and_take_nothing_from_the_budget() throws Exception {
        for (String header : new String[] {"X: y", "Authorization: wrong-secret", "Authorization:", KEY + "s"}) {
            for (int i = 0; i < 5; i++) {
                RawHttp.Response refused = get(simulator, "/crypto/sign?message=m", header);
                assertThat(refused.status()).isEqualTo(401);
                assertThat(refused.hasHeader("Content-Type: text/plain")).isTrue();
                assertThat(refused.headers() + refused.body()).doesNotContain("wrong-secret", settings.key());
            }
        }
        assertThat(sign(simulator, messageThatFails(false)).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "?", "?message", "?message=", "?other=m", "?message=%zz", "?message=%4", "?message=%FF"})
    void a_call_without_a_readable_message_is_a_bad_request_and_is_recorded(String query) throws Exception {
        RawHttp.Response response = get(simulator, "/crypto/sign" + query, KEY);

        assertThat(response.status()).isEqualTo(400);
        assertThat(response.hasHeader("Content-Type: text/plain")).isTrue();
        assertThat(response.body()).doesNotContain("Exception");
        assertThat(simulator.calls()).extracting(Call::status).containsExactly(400);
    }

    @Test
    void a_signature_is_verified() throws Exception {
        String message = messageThatFails(true);
        String signature = escaped(SigningKey.keptIn(SimulatorCalls.DATA_DIR).sign(message));
        String verify = "/crypto/verify?message=" + message + "&signature=";

        RawHttp.Response right = get(simulator, verify + signature, KEY);

        assertThat(right.status()).isEqualTo(200);
        assertThat(right.body()).isEqualTo("{\"valid\":true}");
        assertThat(right.hasHeader("Content-Type: application/json")).isTrue();
        assertThat(get(simulator, "/crypto/verify?message=other&signature=" + signature, KEY)
                        .body())
                .isEqualTo("{\"valid\":false}");
        assertThat(get(simulator, verify + "no*base64", KEY).body()).isEqualTo("{\"valid\":false}");
        assertThat(get(simulator, verify + "AAAA", KEY).body()).isEqualTo("{\"valid\":false}");
    }

    @Test
    void to_verify_takes_the_key_and_from_the_same_budget_as_to_sign() throws Exception {
        String verify = "/crypto/verify?message=m&signature=AAAA";
        for (int i = 0; i < 5; i++) {
            assertThat(get(simulator, verify).status()).isEqualTo(401);
            assertThat(get(simulator, verify, KEY + "s").status()).isEqualTo(401);
        }
        for (int i = 0; i < 8; i++) {
            assertThat(get(simulator, verify, KEY).status()).isEqualTo(200);
        }
        // What is incomplete counts as well.
        assertThat(get(simulator, "/crypto/verify?message=m", KEY).status()).isEqualTo(400);
        assertThat(sign(simulator, messageThatFails(false)).status()).isEqualTo(200);

        assertThat(get(simulator, verify, KEY).status()).isEqualTo(429);
        assertThat(sign(simulator, "m").status()).isEqualTo(429);
        clock.advance(Duration.ofSeconds(60));
        assertThat(get(simulator, verify, KEY).status()).isEqualTo(200);
        assertThat(simulator.calls())
                .filteredOn(call -> call.kind() == Call.Kind.VERIFY)
                .extracting(Call::status)
                .containsOnlyOnce(400, 429)
                .hasSize(10 + 8 + 1 + 1 + 1);
        assertThat(get(simulator, "/crypto/calls").body()).contains(",429,m,verify\n", ",429,m\n");
    }

    @Test
    void calls_are_read_as_they_were_written() {
        for (Call.Kind kind : Call.Kind.values()) {
            Call call = new Call(Instant.EPOCH, 7, kind, "a,verify é", 200);

            assertThat(Call.fromCsv(call.csv())).contains(call);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "?message=m", "?signature=s", "?message=&signature=s", "?message=m&signature=%zz"})
    void without_a_readable_message_and_signature_nothing_is_verified(String query) throws Exception {
        assertThat(get(simulator, "/crypto/verify" + query, KEY).status()).isEqualTo(400);
    }

    @Test
    void every_arrival_is_recorded_in_order_with_what_became_of_it() throws Exception {
        String failing = messageThatFails(true);
        String signed = messageThatFails(false);
        Instant before = Instant.now();

        sign(simulator, failing);
        clock.advance(Duration.ofSeconds(1));
        get(simulator, "/crypto/sign?message=" + signed);
        sign(simulator, signed);

        assertThat(simulator.calls()).extracting(Call::message).containsExactly(failing, signed, signed);
        assertThat(simulator.calls()).extracting(Call::status).containsExactly(502, 401, 200);
        assertThat(simulator.calls().get(1).nanos() - simulator.calls().get(0).nanos())
                .isEqualTo(1_000_000_000);
        assertThat(simulator.calls()).allSatisfy(call -> assertThat(call.at()).isBetween(before, Instant.now()));
        assertThat(simulator.mostCallsInAnyWindow(Duration.ofSeconds(1))).isEqualTo(2);
    }

    @Test
    void signatures_stay_the_same_over_a_restart() throws Exception {
        String message = messageThatFails(false);
        String signature = sign(simulator, message).body();

        simulator.close();
        simulator = UpstreamSimulator.start(settings, clock::nanos);

        assertThat(sign(simulator, message).body()).isEqualTo(signature);
    }

    @Test
    void an_answer_takes_as_long_as_the_latency() throws Exception {
        simulator.close();
        simulator = UpstreamSimulator.start(settings.withLatency(Duration.ofMillis(100)), clock::nanos);
        long start = System.nanoTime();

        sign(simulator, "m");

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(100));
    }

    @Test
    void it_listens_on_the_loopback_address_only() throws Exception {
        assertThat(simulator.baseUrl()).hasToString("http://127.0.0.1:" + simulator.port());
        for (InetAddress other : NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.isLoopbackAddress())
                .toList()) {
            assertThatThrownBy(() -> new Socket(other, simulator.port()).close())
                    .isInstanceOf(IOException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/", "/crypto", "/crypto/sign/", "/__admin/mappings", "/__admin/requests", "/__admin/settings"})
    void nothing_else_is_offered_not_even_an_admin_interface(String path) throws Exception {
        assertThat(get(simulator, path, KEY).status()).isEqualTo(404);
    }

    @Test
    void a_port_in_use_is_one_sentence() {
        assertThatThrownBy(() -> UpstreamSimulator.start(settings.withPort(simulator.port())))
                .isInstanceOf(SimulatorException.class)
                .hasMessage("The simulator cannot listen on 127.0.0.1:%d: Address already in use."
                        .formatted(simulator.port()));
    }

    private String messageThatFails(boolean fails) {
        return IntStream.range(0, 100)
                .mapToObj(i -> "message-" + i)
                .filter(message -> simulator.failsFirst(message) == fails)
                .findFirst()
                .orElseThrow();
    }

    private static String escaped(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private PublicKey publicKey() throws IOException, GeneralSecurityException {
        String pem = get(simulator, "/crypto/public-key").body();
        assertThat(pem).startsWith("-----BEGIN PUBLIC KEY-----\n").endsWith("\n-----END PUBLIC KEY-----\n");
        byte[] encoded = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
        return KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(encoded));
    }

    private static boolean verifies(PublicKey key, String message, String base64) throws GeneralSecurityException {
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initVerify(key);
        signature.update(message.getBytes(StandardCharsets.UTF_8));
        return signature.verify(Base64.getDecoder().decode(base64));
    }
}
