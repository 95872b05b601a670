package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.simulator.Call;
import io.cryptowrapper.testing.RawHttp;
import io.cryptowrapper.testing.Stage;
import io.cryptowrapper.upstream.UpstreamQuota;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whether a signature is valid: from what is known, or by a call inside the budget. */
@Tag(Stage.BOTH_SERVERS)
@Timeout(60)
class VerifyTest extends SharedApiTest {

    /** Nobody signs with it here. */
    private static final String OTHER_KEY =
            "-----BEGIN PUBLIC KEY-----MCowBQYDK2VwAyEAUKizzw7n0Roye0uDnxHznTAd1C5zQ3ozjhVRtW65+Jc=-----END PUBLIC"
                    + " KEY-----";

    @Test
    void the_signature_that_is_known_is_valid_without_a_call_at_any_instance() throws Exception {
        String signature = signatureOf(message);

        RawHttp.Response response = verify(api, message, signature);

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("{\"message\":\"" + message + "\",\"valid\":true}");
        assertThat(response.header("Content-Type")).contains("application/json");
        assertThat(verify(other, message, signature).body()).contains("\"valid\":true");
        assertThat(verifications()).isZero();
    }

    @Test
    void while_redis_is_away_what_was_answered_before_is_still_known_and_for_others_there_is_no_budget()
            throws Exception {
        String signature = signatureOf(message);
        api.toRedis().cut();

        assertThat(verify(api, message, signature).body()).contains("\"valid\":true");

        RawHttp.Response unknown = verify(api, message, "AAAA");
        assertThat(unknown.status()).isEqualTo(503);
        assertThat(unknown.header("Content-Type")).contains("application/problem+json");
        assertThat(unknown.header("Retry-After")).contains("5");
        assertThat(unknown.body())
                .contains("The upstream was not asked to verify: its quota cannot be read at the moment.");
        assertThat(verifications()).isZero();
    }

    @Test
    void another_signature_costs_one_call_and_is_remembered() throws Exception {
        for (int i = 0; i < 3; i++) {
            assertThat(verify(api, message, "c2ln+/==").body())
                    .isEqualTo("{\"message\":\"" + message + "\",\"valid\":false}");
        }
        assertThat(verifications()).isEqualTo(1);

        assertThat(verify(api, message, "another").body()).contains("\"valid\":false");
        assertThat(verifications()).isEqualTo(2);
    }

    @Test
    void a_message_that_nobody_has_asked_for_is_verified_and_not_signed() throws Exception {
        String signature = signatureOf(message);
        try (RunningApi stranger = RunningApi.on(TestServers.newDatabase(), upstream.baseUrl())) {
            for (int i = 0; i < 2; i++) {
                assertThat(verify(stranger, message, signature).body()).contains("\"valid\":true");
            }
            assertThat(stranger.redis().keys("sign:{*")).isEmpty();
        }
        assertThat(verifications()).isEqualTo(1);
    }

    @Test
    void it_takes_from_the_budget_of_first_calls_and_says_when_there_is_more() throws Exception {
        try (RunningApi poor = RunningApi.on(
                TestServers.newDatabase(),
                upstream.baseUrl(),
                Map.of("crypto.api.quota.calls", "2", "crypto.api.quota.window", "20s"))) {
            assertThat(poor.sign(message).body()).contains("\"success\":true");
            assertThat(verify(poor, message, "one").body()).contains("\"valid\":false");

            RawHttp.Response response = verify(poor, message, "two");

            assertThat(response.status()).isEqualTo(503);
            assertThat(Integer.parseInt(response.header("Retry-After").orElseThrow()))
                    .isBetween(10, 21);
            assertThat(response.header("RateLimit-Policy")).contains("\"upstream\";q=2;w=20");
            assertThat(response.header("RateLimit").orElseThrow()).startsWith("\"upstream\";r=");
            assertThat(response.body()).contains("The upstream was not asked to verify: its quota is used up.");
            assertThat(poor.sign(RunningApi.newMessage()).body()).contains("its quota is used up");
            // What is known needs none.
            assertThat(verify(poor, message, "one").status()).isEqualTo(200);
            assertThat(verifications()).isEqualTo(1);
        }
    }

    @Test
    void a_retry_that_waits_for_its_turn_goes_first() throws Exception {
        try (RunningApi busy =
                RunningApi.on(TestServers.newDatabase(), upstream.baseUrl(), Map.of("crypto.api.quota.calls", "10"))) {
            assertThat(busy.part(UpstreamQuota.class).takeForRetry()).isInstanceOf(UpstreamQuota.Permission.Wait.class);

            assertThat(verify(busy, message, "c2ln").status()).isEqualTo(503);
            assertThat(verifications()).isZero();
        }
    }

    @Test
    void it_is_json_whatever_the_client_says_it_accepts() throws Exception {
        RawHttp.Response response = api.get("/crypto/verify?message=m&signature=c2ln", "Accept: text/html");

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.header("Content-Type")).contains("application/json");
    }

    @Test
    void a_public_key_decides_alone_and_without_a_call_whatever_is_away() throws Exception {
        String signature = signatureOf(message);
        try (RunningApi knowing = withPublicKey()) {
            knowing.toRedis().cut();
            knowing.toBroker().cut();

            RawHttp.Response response = verify(knowing, message, signature);
            assertThat(response.body()).contains("\"valid\":true");
            // Nothing is taken from the budget, and nobody waits for Redis to tell how it stands.
            assertThat(response.header("RateLimit-Policy")).isEmpty();
            assertThat(verify(knowing, message + " ", signature).body()).contains("\"valid\":false");
            assertThat(verify(knowing, message, "no*base64").body()).contains("\"valid\":false");
        }
        assertThat(verifications()).isZero();
    }

    @Test
    void a_wrong_signature_is_a_failed_attempt_that_health_and_metrics_tell() throws Exception {
        upstreamDoes(Behaviour.Answer.text(200, "c2lnbmVkIGJ5IHNvbWVib2R5IGVsc2U="));
        try (RunningApi knowing = withPublicKey()) {
            RawHttp.Response response = knowing.sign(message);

            assertThat(response.status()).isEqualTo(200);
            assertThat(response.body())
                    .startsWith("{\"last_status_code\":200,")
                    .contains("\"retry_in_seconds\":", "\"success\":false")
                    .contains("its signature does not fit the message and the upstream's public key.")
                    .doesNotContain("c2lnbmVk");
            QueuedMessages.awaitOnce(message);
            assertThat(knowing.sign(message).body()).contains("\"success\":false");
            assertThat(knowing.management("/actuator/health").body())
                    .contains("\"upstreamSignature\":{\"status\":\"DOWN\"}");
            assertThat(knowing.management("/actuator/health/readiness").status())
                    .isEqualTo(200);
            assertThat(knowing.management("/actuator/metrics/upstream.signatures.wrong")
                            .body())
                    .contains("\"value\":1.0");

            upstreamIsWell();
            assertThat(knowing.sign(RunningApi.newMessage()).body()).contains("\"success\":true");
            assertThat(knowing.management("/actuator/health").body())
                    .contains("\"upstreamSignature\":{\"status\":\"UP\"}");
        }
    }

    @Test
    void a_wrong_signature_that_comes_late_is_not_used_either() throws Exception {
        try (RunningApi knowing = withPublicKey(OTHER_KEY, Map.of("crypto.api.timeout", "100ms"))) {
            upstreamDoes(new Behaviour.Hang(Duration.ofMillis(300)));

            assertThat(knowing.sign(message).body()).contains("\"last_status_code\":504");

            await().until(() -> knowing.management("/actuator/metrics/upstream.signatures.wrong")
                    .body()
                    .contains("\"value\":1.0"));
            assertThat(knowing.sign(message).body()).contains("\"last_status_code\":504", "\"success\":false");
        }
    }

    private static RunningApi withPublicKey() {
        return withPublicKey(upstream.publicKey(), Map.of());
    }

    private static RunningApi withPublicKey(String key, Map<String, String> more) {
        Map<String, String> settings = new HashMap<>(more);
        settings.put("crypto.api.public-key", key);
        return RunningApi.on(TestServers.newDatabase(), upstream.baseUrl(), settings);
    }

    private static String signatureOf(String message) throws IOException {
        String body = api.sign(message).body();
        assertThat(body).contains("\"success\":true");
        return body.replaceAll(".*\"value\":\"|\"}", "");
    }

    static RawHttp.Response verify(RunningApi api, String message, String signature) throws IOException {
        return api.get("/crypto/verify?message=" + encoded(message) + "&signature=" + encoded(signature));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private long verifications() {
        return upstream.calls(message).stream()
                .filter(call -> call.kind() == Call.Kind.VERIFY)
                .count();
    }
}
