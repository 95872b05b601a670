package io.cryptowrapper.verify;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.simulator.Behaviour.Answer;
import io.cryptowrapper.simulator.Call;
import io.cryptowrapper.simulator.SimulatorSettings;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.system.Programs;
import io.cryptowrapper.system.Project;
import io.cryptowrapper.system.Servers;
import io.cryptowrapper.testing.RawHttp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** The packaged programs verify signatures: inside the budget, or by the upstream's public key. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
abstract class VerifySuite {

    static final Duration DELAY = ofSeconds(1);

    private static final int CALLS = 10;
    private static final Duration WINDOW = ofSeconds(10);
    private static final Duration PROMISED = ofSeconds(2);

    /** One that somebody else might have made. */
    private static final String WRONG = "c2lnbmVkIGJ5IHNvbWVib2R5IGVsc2U=";

    private UpstreamSimulator upstream;
    private String name = "";

    /** Where all this is tried. */
    abstract Servers servers();

    @BeforeEach
    void startUpstream() {
        name = "m-" + System.nanoTime();
        upstream = UpstreamSimulator.start(SimulatorSettings.in(Project.newDirectory("upstream"))
                .withCalls(CALLS)
                .withWindow(WINDOW)
                .withFailingShare(0));
    }

    @AfterEach
    void stopUpstream() {
        upstream.close();
    }

    @Test
    void a_signature_is_verified_by_what_is_known_or_inside_the_budget_though_the_api_is_killed() throws Exception {
        try (Programs programs = start(Map.of())) {
            String signature = awaitSigned(programs, name);

            assertThat(verify(programs, name, signature).body())
                    .isEqualTo("{\"message\":\"" + name + "\",\"valid\":true}");
            programs.killApi();
            programs.startApi();
            assertThat(verify(programs, name, signature).body()).contains("\"valid\":true");
            assertThat(verifications()).isZero();

            // More than the upstream may be asked in any window.
            List<RawHttp.Response> answers = IntStream.range(0, 2 * CALLS)
                    .mapToObj(i -> verify(programs, name, "wrong-" + i))
                    .toList();

            assertThat(answers)
                    .extracting(RawHttp.Response::status)
                    .contains(200, 503)
                    .containsOnly(200, 503);
            assertThat(answers).allSatisfy(answer -> {
                if (answer.status() == 200) {
                    assertThat(answer.body()).contains("\"valid\":false");
                } else {
                    assertThat(answer.header("Retry-After")).isPresent();
                }
            });
            await().atMost(WINDOW.multipliedBy(3))
                    .until(() -> verify(programs, name, "in the end").status() == 200);
            assertThat(upstream.calls()).extracting(Call::status).doesNotContain(429);
            assertThat(upstream.mostCallsInAnyWindow(WINDOW)).isLessThanOrEqualTo(CALLS);
        }
    }

    @Test
    void with_the_public_key_no_wrong_signature_is_ever_handed_out_and_to_verify_costs_no_call() throws Exception {
        Set<String> called = ConcurrentHashMap.newKeySet();
        // The first call of each message, by the API, and the second one, by a worker.
        upstream.follow(message -> called.add(message) || called.add(message + " again")
                ? Optional.<Behaviour>of(Answer.text(200, WRONG))
                : Optional.empty());
        try (Programs programs = start(Map.of("CRYPTO_API_PUBLIC_KEY", upstream.publicKey()))) {
            RawHttp.Response first = programs.ask(name);
            assertThat(first.body())
                    .startsWith("{\"last_status_code\":200,")
                    .contains("\"retry_in_seconds\":", "does not fit the message and the upstream's public key");
            assertThat(programs.management("/actuator/health").body())
                    .contains("\"upstreamSignature\":{\"status\":\"DOWN\"}");

            String signature = awaitSigned(programs, name);

            assertThat(upstream.isSignature(name, signature)).isTrue();
            assertThat(upstream.calls()).hasSize(3);
            for (int i = 0; i < 2 * CALLS; i++) {
                assertThat(verify(programs, name, signature).body()).contains("\"valid\":true");
                assertThat(verify(programs, name, WRONG).body()).contains("\"valid\":false");
            }
            assertThat(upstream.calls()).hasSize(3);
        }
    }

    private Programs start(Map<String, String> more) {
        Map<String, String> settings = new HashMap<>(servers().settings());
        settings.put("CRYPTO_API_BASE_URL", upstream.baseUrl().toString());
        settings.put("CRYPTO_API_KEY", "simulator-key");
        settings.put("CRYPTO_API_QUOTA_CALLS", Integer.toString(CALLS));
        settings.put("CRYPTO_API_QUOTA_WINDOW", WINDOW.toSeconds() + "s");
        settings.put("CRYPTO_RETRY_PERIOD", DELAY.toSeconds() + "s");
        settings.put("CRYPTO_RETRY_DELAYS", DELAY.toSeconds() + "s");
        settings.putAll(more);
        return Programs.start(settings, 1);
    }

    /** Asks until there is a signature; no answer before may carry a wrong one. */
    private static String awaitSigned(Programs programs, String message) {
        String body = await().ignoreExceptions()
                .until(() -> programs.ask(message).body(), answer -> {
                    assertThat(answer).doesNotContain(WRONG);
                    return answer.contains("\"success\":true");
                });
        return body.replaceAll(".*\"value\":\"|\"}", "");
    }

    private static RawHttp.Response verify(Programs programs, String message, String signature) {
        long start = System.nanoTime();
        RawHttp.Response response;
        try {
            response = programs.get("/crypto/verify?message=" + encoded(message) + "&signature=" + encoded(signature));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(PROMISED);
        return response;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private long verifications() {
        return upstream.calls().stream()
                .filter(call -> call.kind() == Call.Kind.VERIFY)
                .count();
    }
}
