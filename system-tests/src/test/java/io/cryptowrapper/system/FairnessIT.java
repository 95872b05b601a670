package io.cryptowrapper.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.simulator.Behaviour.Answer;
import io.cryptowrapper.simulator.Call;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.testing.Stage;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Each message has its turn when those before it have had theirs, whatever becomes of them. */
@Tag(Stage.SYSTEM)
@Timeout(180)
class FairnessIT {

    private static final List<String> FAILING =
            IntStream.range(0, 10).mapToObj(i -> "always fails " + i).toList();
    /** So many that a round takes longer than the delay: else nobody would have to wait for a turn. */
    private static final List<String> OTHERS =
            IntStream.range(0, 150).mapToObj(i -> "waits " + i).toList();

    private final UpstreamSimulator upstream = SharedSystem.get().upstream();
    private final Programs programs = SharedSystem.get().one();

    @AfterEach
    void upstreamIsWell() {
        upstream.follow(message -> Optional.empty());
    }

    @Test
    void messages_that_always_fail_take_no_more_than_their_turns_and_nobody_is_overtaken_by_newer_ones()
            throws Exception {
        upstream.follow(message -> Optional.of(Answer.text(502, "down")));
        for (String message : FAILING) {
            accept(message);
        }
        for (String message : OTHERS) {
            accept(message);
        }
        // Each has been in the queue by now.
        await().until(() -> Stream.concat(FAILING.stream(), OTHERS.stream()).allMatch(message -> calls(message) > 1));
        long allWait = System.nanoTime();
        upstream.follow(
                message -> FAILING.contains(message) ? Optional.of(Answer.text(502, "down")) : Optional.empty());
        // Newer ones all the time, as nobody may be overtaken by them.
        for (String message : OTHERS) {
            await().until(() -> programs.ask(message).body().contains("\"success\":true"));
            accept("newer than " + message);
        }

        await().until(() -> FAILING.stream().allMatch(message -> calls(message) > 4));
        for (String failing : FAILING) {
            assertThatOthersHaveTheirTurnsBetweenTwoOf(failing, upstream.calls(), allWait);
        }
    }

    private void accept(String message) throws IOException {
        assertThat(programs.ask(message).status()).isEqualTo(200);
    }

    private long calls(String message) {
        return upstream.calls(message).size();
    }

    /**
     * Checks that every message ahead of a failed one is called before the failed one is called again.
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
