package io.cryptowrapper.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.simulator.Behaviour.Answer;
import io.cryptowrapper.simulator.Call;
import io.cryptowrapper.system.Servers;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Each message has its turn when those before it have had theirs, whatever becomes of them. */
@Timeout(180)
class FairnessIT {

    private static final List<String> FAILING =
            IntStream.range(0, 10).mapToObj(i -> "always fails " + i).toList();
    private static final List<String> OTHERS =
            IntStream.range(0, 40).mapToObj(i -> "waits " + i).toList();
    private static final Arena.Pace PACE = new Arena.Pace(50, Duration.ofSeconds(5), Duration.ofMillis(100));

    @Test
    void messages_that_always_fail_take_no_more_than_their_turns_and_nobody_is_overtaken_by_newer_ones()
            throws Exception {
        try (Servers servers = Servers.embedded(List.of(Duration.ofSeconds(1)));
                ScriptedUpstream upstream = new ScriptedUpstream(0, Duration.ZERO);
                Arena arena = Arena.start(servers, PACE, upstream, 1, Map.of())) {
            upstream.does(message -> Optional.of(Answer.text(502, "down")));
            for (String message : FAILING) {
                accept(arena, message);
            }
            for (String message : OTHERS) {
                accept(arena, message);
            }
            // Each has been in the queue by now.
            await().until(() ->
                    Stream.concat(FAILING.stream(), OTHERS.stream()).allMatch(message -> calls(upstream, message) > 1));
            long allWait = System.nanoTime();
            upstream.does(
                    message -> FAILING.contains(message) ? Optional.of(Answer.text(502, "down")) : Optional.empty());
            // Newer ones all the time, as nobody may be overtaken by them.
            for (String message : OTHERS) {
                await().until(() -> arena.programs().ask(message).body().contains("\"success\":true"));
                accept(arena, "newer than " + message);
            }

            assertThat(upstream.calls())
                    .filteredOn(call -> FAILING.contains(call.message()))
                    .hasSizeGreaterThan(FAILING.size() * 2);
            for (String failing : FAILING) {
                assertThatOthersHaveTheirTurnsBetweenTwoOf(failing, upstream.calls(), allWait);
            }
        }
    }

    private static void accept(Arena arena, String message) throws IOException {
        assertThat(arena.programs().ask(message).status()).isEqualTo(200);
    }

    private static long calls(ScriptedUpstream upstream, String message) {
        return upstream.calls().stream()
                .filter(call -> call.message().equals(message))
                .count();
    }

    /**
     * Whoever was in the queue before a message went to its end has been called before that one is called again.
     *
     * @param allWait when all of them were in the queue
     */
    private static void assertThatOthersHaveTheirTurnsBetweenTwoOf(String failing, List<Call> calls, long allWait) {
        List<Call> turns =
                calls.stream().filter(call -> call.message().equals(failing)).toList();
        for (int i = 1; i < turns.size(); i++) {
            long wentToTheEnd = turns.get(i - 1).nanos();
            long again = turns.get(i).nanos();
            for (String other : OTHERS) {
                if (allWait < wentToTheEnd) {
                    assertThat(calls)
                            .as("%s before turn %d of %s", other, i + 1, failing)
                            .anyMatch(call ->
                                    call.message().equals(other) && call.status() == 200 && call.nanos() < again);
                }
            }
        }
    }
}
