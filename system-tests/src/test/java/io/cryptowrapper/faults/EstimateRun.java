package io.cryptowrapper.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.simulator.Call;
import io.cryptowrapper.testing.RawHttp;
import io.cryptowrapper.testing.Stage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How well estimates foretell when a message is tried, over a backlog of three hundred. */
@Tag(Stage.FAULTS)
class EstimateRun {

    private static final int BACKLOG = 300;
    private static final Arena.Pace PACE = new Arena.Pace(25, Duration.ofSeconds(25), Duration.ofSeconds(1));
    private static final double MOST_TOO_EARLY = 0.1;
    private static final int BETWEEN_POLLS = 50;

    /** What a client was told at a moment. */
    private record Told(String message, long at, long seconds) {}

    @Test
    void estimates_are_right_to_a_period_and_rarely_too_early() throws Exception {
        var random = new Random(1);
        List<Told> told = new ArrayList<>();
        try (FragileServers servers = FragileServers.start();
                ScriptedUpstream upstream = new ScriptedUpstream(0, Duration.ZERO);
                Arena arena = Arena.start(servers.servers(), PACE, upstream, 2, Map.of())) {
            List<String> waiting = new ArrayList<>();
            for (int i = 0; i < BACKLOG + PACE.calls(); i++) {
                waiting.add("message " + i);
                ask(arena, "message " + i, told);
            }
            while (!waiting.isEmpty()) {
                String message = waiting.get(random.nextInt(waiting.size()));
                if (ask(arena, message, told)) {
                    waiting.remove(message);
                }
                TimeUnit.MILLISECONDS.sleep(BETWEEN_POLLS);
            }

            Map<String, Long> called = new HashMap<>();
            for (Call call : upstream.calls()) {
                called.put(call.message(), call.nanos());
            }
            List<Double> errors = told.stream()
                    .map(one -> one.seconds() - (called.getOrDefault(one.message(), 0L) - one.at()) / 1e9)
                    .toList();
            List<Double> sizes = errors.stream().map(Math::abs).sorted().toList();
            double median = sizes.get(sizes.size() / 2);
            double early = errors.stream().filter(error -> error < 0).count() / (double) errors.size();
            System.out.printf(
                    "%d estimates over a backlog of %d, a period of %s: median error %.2f s, 99 %% below %.2f s, %.1f"
                            + " %% too early%n",
                    errors.size(), BACKLOG, PACE.period(), median, sizes.get(sizes.size() * 99 / 100), 100 * early);
            assertThat(median).isLessThanOrEqualTo(PACE.period().toMillis() / 1000.0);
            assertThat(early).isLessThanOrEqualTo(MOST_TOO_EARLY);
        }
    }

    /** Asks, and notes what is told; whether it is signed. */
    private static boolean ask(Arena arena, String message, List<Told> told) throws Exception {
        long at = System.nanoTime();
        RawHttp.Response response = arena.programs().ask(message);
        response.header("Retry-After").ifPresent(seconds -> told.add(new Told(message, at, Long.parseLong(seconds))));
        return response.body().contains("\"success\":true");
    }
}
