package io.cryptowrapper.system;

import static java.time.Duration.ofMinutes;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.simulator.Call;
import io.cryptowrapper.testing.RawHttp;
import io.cryptowrapper.testing.Stage;
import java.time.Duration;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The way of a message through the packaged programs, and the two promises: nothing that was accepted is lost though
 * API and worker are killed, and the upstream's quota is never exceeded.
 */
@Tag(Stage.BOTH_SERVERS)
@Timeout(3600)
class WholeSystemIT {

    /** With -Dpace=real it takes ten minutes. */
    private static final Pace PACE = "real".equals(System.getProperty("pace")) ? Pace.REAL : Pace.FORTYFOLD;

    private static final Duration PATIENCE = PACE.of(ofMinutes(40));
    private static final Pattern SIGNATURE = Pattern.compile("\"success\":true,\"value\":\"([^\"]+)\"}$");
    private static final int KILLED = 2;

    private static RunningSystem system;

    @BeforeAll
    static void start() {
        system = RunningSystem.start(PACE, 1);
    }

    @AfterAll
    static void stop() {
        system.close();
    }

    @Test
    void a_message_whose_first_call_succeeds_is_signed_at_once_and_is_still_known_after_a_restart() throws Exception {
        String message = message("at once", false);

        String answer = await().until(
                        () -> system.ask(message).body(),
                        body -> SIGNATURE.matcher(body).find());

        assertThat(answer).isEqualTo("""
            {"last_status_code":200,"message":"%s","success":true,"value":"%s"}\
            """.formatted(message, signatureIn(answer)));
        assertThat(system.upstream().isSignature(message, signatureIn(answer))).isTrue();
        long calls = signedCalls(Set.of(message));

        system.programs().stopApi();
        system.programs().startApi();

        assertThat(system.ask(message).body()).isEqualTo(answer);
        assertThat(signedCalls(Set.of(message))).isEqualTo(calls);
    }

    @Test
    void a_message_whose_first_call_fails_waits_and_is_signed_by_the_worker() throws Exception {
        String message = message("later", true);
        RawHttp.Response first = system.ask(message);

        assertThat(first.status()).isEqualTo(200);
        assertThat(first.body())
                .startsWith("{\"last_status_code\":")
                .contains("\"retry_in_seconds\":" + first.header("Retry-After").orElseThrow() + ",\"success\":false");
        assertThat(awaitSigned(message)).isNotEmpty();
        assertThat(system.upstream().calls(message))
                .extracting(Call::status)
                .endsWith(200)
                .contains(502);
    }

    @Test
    void what_was_accepted_is_signed_inside_the_quota_though_api_and_worker_are_killed() throws Exception {
        Set<String> messages =
                IntStream.range(0, 20).mapToObj(i -> "killed " + i).collect(toSet());
        for (String message : messages) {
            assertThat(system.ask(message).status()).isEqualTo(200);
        }
        await("in the midst of it").atMost(PATIENCE).until(() -> signedCalls(messages) > 5);

        system.programs().killApi();
        system.programs().killWorkers();
        // Nobody asks for the messages, which would queue a lost one again.
        system.programs().launchApi();
        system.programs().startWorkers(1);
        await("a call that signs each")
                .atMost(PATIENCE)
                .until(() -> messages.stream().allMatch(message -> signedCalls(Set.of(message)) > 0));
        system.programs().awaitApi();

        for (String message : messages) {
            assertThat(system.upstream().isSignature(message, awaitSigned(message)))
                    .isTrue();
        }
        // One more for each call that was under way in a process when it was killed.
        assertThat(signedCalls(messages)).isBetween((long) messages.size(), (long) messages.size() + KILLED);
        assertThat(system.upstream().calls()).extracting(Call::status).containsOnly(200, 502);
        assertThat(system.upstream().mostCallsInAnyWindow(PACE.window())).isLessThanOrEqualTo(RunningSystem.CALLS);
    }

    /** One whose first call fails, or does not. */
    private static String message(String prefix, boolean failing) {
        return IntStream.range(0, 100)
                .mapToObj(i -> prefix + " " + i)
                .filter(message -> system.upstream().failsFirst(message) == failing)
                .findFirst()
                .orElseThrow();
    }

    private static String awaitSigned(String message) {
        return signatureIn(await(message)
                .atMost(PATIENCE)
                .ignoreExceptions()
                .until(
                        () -> system.ask(message).body(),
                        body -> SIGNATURE.matcher(body).find()));
    }

    private static String signatureIn(String body) {
        Matcher signature = SIGNATURE.matcher(body);
        assertThat(signature.find()).as(body).isTrue();
        return signature.group(1);
    }

    private static long signedCalls(Set<String> messages) {
        return system.upstream().calls().stream()
                .filter(call -> messages.contains(call.message()) && call.status() == 200)
                .count();
    }
}
