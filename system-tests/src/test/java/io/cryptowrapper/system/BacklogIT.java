package io.cryptowrapper.system;

import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.simulator.Call;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

/**
 * Sixty messages within five seconds, an upstream that fails for half of them and allows ten calls in a window: all are
 * signed in the end, and the upstream never sees an eleventh call, whoever is killed meanwhile.
 */
@Timeout(1800)
class BacklogIT {

    private static final int MESSAGES = 60;
    private static final Pattern SIGNED = Pattern.compile("\"success\":true,\"value\":\"([^\"]+)\"");

    private final Set<String> signed = new HashSet<>();
    private String name = "";

    @BeforeEach
    void name(TestInfo test) {
        name = test.getDisplayName();
    }

    @Test
    void sixty_messages_are_signed_inside_the_budget_though_the_worker_is_killed_half_way() throws Exception {
        try (RunningSystem system = onBest(Pace.FORTYFOLD)) {
            killTheWorkerHalfWay(system, Pace.FORTYFOLD);
        }
    }

    @Test
    void the_same_holds_at_ten_calls_a_minute() throws Exception {
        boolean wanted = "real".equals(System.getProperty("pace"));
        if (!wanted) {
            System.out.println("Skipped, as it takes ten minutes: ask for it with -Dpace=real");
        }
        Assumptions.assumeTrue(wanted, "it takes ten minutes: ask for it with -Dpace=real");
        try (RunningSystem system = onBest(Pace.REAL)) {
            killTheWorkerHalfWay(system, Pace.REAL);
        }
    }

    private static RunningSystem onBest(Pace pace) {
        return RunningSystem.start(Servers.best(), pace, 1);
    }

    private void killTheWorkerHalfWay(RunningSystem system, Pace pace) throws IOException {
        sendAll(system);
        awaitSigned(MESSAGES / 2, system, pace);
        system.killWorkers();
        system.startWorkers(1);
        awaitSigned(MESSAGES, system, pace);

        assertAllIsWell(system, pace);
    }

    private void sendAll(RunningSystem system) throws IOException {
        long start = System.nanoTime();
        for (String message : messages()) {
            assertThat(system.ask(message).status()).isEqualTo(200);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(ofSeconds(5));
    }

    private void awaitSigned(int howMany, RunningSystem system, Pace pace) {
        await(howMany + " signed")
                .atMost(pace.of(ofMinutes(40)).plusMinutes(2))
                .pollInterval(pace.of(ofSeconds(4)))
                .ignoreExceptions()
                .until(() -> {
                    for (String message : messages()) {
                        if (!signed.contains(message)) {
                            Matcher body = SIGNED.matcher(system.ask(message).body());
                            if (body.find() && system.isSignature(message, body.group(1))) {
                                signed.add(message);
                            }
                        }
                    }
                    return signed.size() >= howMany;
                });
    }

    private void assertAllIsWell(RunningSystem system, Pace pace) {
        List<Call> calls = system.upstream().calls();
        int most = system.upstream().mostCallsInAnyWindow(pace.window());
        System.out.printf(
                "%s %d calls for %d messages, at most %d in any %d ms%n",
                name, calls.size(), MESSAGES, most, pace.window().toMillis());
        assertThat(most).isLessThanOrEqualTo(RunningSystem.CALLS);
        Map<Integer, Long> statuses = Call.countedByStatus(calls);
        assertThat(statuses).containsOnlyKeys(200, 502);
        // One call more, as the worker may have been killed during one.
        assertThat(statuses.get(200)).isBetween((long) MESSAGES, MESSAGES + 1L);
    }

    /** Others in each test, as they share the servers. */
    private List<String> messages() {
        return IntStream.range(0, MESSAGES).mapToObj(i -> name + " " + i).toList();
    }
}
