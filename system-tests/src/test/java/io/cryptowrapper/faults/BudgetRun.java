package io.cryptowrapper.faults;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.simulator.Behaviour.Answer;
import io.cryptowrapper.simulator.Call;
import io.cryptowrapper.testing.Stage;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How much of the budget is used while there is always something to retry: nearly all of it, and never more, however
 * many workers there are.
 */
@Tag(Stage.FAULTS)
class BudgetRun {

    private static final int BACKLOG = 800;
    private static final double USED = 0.99;
    private static final double USED_WITH_KILLS = 0.98;
    private static final int WINDOWS = 6;

    private static final Duration REAL_TIME = Duration.parse(System.getProperty("budget.duration", "PT30M"));

    @ParameterizedTest
    @ValueSource(ints = {1, 8})
    void however_many_workers_nearly_all_of_the_budget_is_used_and_never_more(int workers) throws Exception {
        assertThat(use(Arena.Pace.FAST, workers, Arena.Pace.FAST.window().multipliedBy(WINDOWS), BACKLOG, false))
                .isBetween(USED, 1.0);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 8})
    void while_workers_are_killed_nearly_all_of_it_is_used(int workers) throws Exception {
        assertThat(use(Arena.Pace.FAST, workers, Arena.Pace.FAST.window().multipliedBy(WINDOWS), BACKLOG, true))
                .isBetween(USED_WITH_KILLS, 1.0);
    }

    @Test
    void at_ten_calls_a_minute_for_half_an_hour() throws Exception {
        assertThat(use(Arena.Pace.REAL, 2, REAL_TIME, 30, false)).isBetween(USED, 1.0);
    }

    /** The share of the budget that is used in whole windows, after a first one. */
    private static double use(Arena.Pace pace, int workers, Duration time, int backlog, boolean kills)
            throws Exception {
        try (FragileServers servers = FragileServers.start();
                ScriptedUpstream upstream = new ScriptedUpstream(0, Duration.ZERO);
                Arena arena = Arena.start(servers.servers(), pace, upstream, workers, Map.of())) {
            upstream.does(Answer.text(502, "down"));
            for (int i = 0; i < backlog; i++) {
                assertThat(arena.programs().ask("waits " + i).status()).isEqualTo(200);
            }
            Arena.pass(pace.window().plus(ofSeconds(5)));
            long from = System.nanoTime();
            long until = from + time.toNanos();
            while (System.nanoTime() < until) {
                if (kills) {
                    arena.programs().killWorkers(1);
                    arena.programs().startWorkers(1);
                }
                Arena.pass(Duration.ofNanos(Math.min(ofSeconds(15).toNanos(), Math.max(0, until - System.nanoTime()))));
            }
            List<Call> calls = upstream.calls();
            long made = calls.stream()
                    .filter(call -> call.nanos() >= from && call.nanos() < until)
                    .count();
            double allowed =
                    (double) pace.calls() * time.toMillis() / pace.window().toMillis();
            ScriptedUpstream.Window fullest = upstream.fullest(pace.window());
            System.out.printf(
                    "%d workers%s, %d calls in any %s allowed: %.2f %% of the budget used in %s (%d calls), %s%n",
                    workers,
                    kills ? ", one killed every 15 s" : "",
                    pace.calls(),
                    pace.window(),
                    100 * made / allowed,
                    time,
                    made,
                    fullest);
            assertThat(fullest.calls()).isLessThanOrEqualTo(pace.calls());
            return made / allowed;
        }
    }
}
