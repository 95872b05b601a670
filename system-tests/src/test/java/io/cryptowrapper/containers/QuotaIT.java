package io.cryptowrapper.containers;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import com.redis.testcontainers.RedisContainer;
import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.testing.Containers;
import io.cryptowrapper.upstream.UpstreamQuota;
import io.cryptowrapper.upstream.UpstreamQuota.Permission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.data.redis.core.StringRedisTemplate;

/** The budget by the real clock of Redis: many processes at once, and a Redis that is killed. */
@OnContainers
@Timeout(120)
class QuotaIT {

    private static final int CALLS = 10;
    private static final Duration WINDOW = ofMillis(1500);

    /** A grant counts for so much longer than the window: what a call may need to arrive. */
    private static final Duration GUARD = ofMillis(200);

    /** Short enough for retries to use the whole budget. */
    private static final Duration PERIOD = ofMillis(100);

    private static final int PROCESSES = 8;
    private static final int THREADS = 8;
    private static final Duration TIME = ofSeconds(8);

    /** In the first two windows all ask for first calls: while a retry waits, those get nothing. */
    private static final Duration FIRST_CALLS_ONLY = WINDOW.plus(GUARD).multipliedBy(2);

    /** One of Redis's milliseconds, and what two clocks may differ in a window. */
    private static final Duration TOLERANCE = ofMillis(2);

    private final RedisContainer server;

    QuotaIT(RedisContainer server) {
        this.server = server;
    }

    /** A grant as its caller saw it: by the clock of Redis it was given between these two times. */
    private record Seen(boolean retry, long asked, long granted) {}

    @Test
    void many_processes_use_the_whole_budget_and_no_window_has_more_calls_than_allowed() throws Exception {
        String key = "quota-" + UUID.randomUUID();
        List<Seen> grants = Collections.synchronizedList(new ArrayList<>());
        long start = System.nanoTime();
        try (RedisProcesses processes = new RedisProcesses(server);
                ExecutorService threads =
                        Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
            List<Callable<Void>> callers = new ArrayList<>();
            for (int process = 0; process < PROCESSES; process++) {
                UpstreamQuota quota = quotaOf(processes.connect(), key, WINDOW);
                callers.addAll(Collections.nCopies(THREADS, () -> {
                    callUntilTheEnd(quota, start, grants);
                    return null;
                }));
            }
            for (Future<Void> caller : threads.invokeAll(callers)) {
                caller.get();
            }
        }

        List<Seen> all =
                grants.stream().sorted(Comparator.comparingLong(Seen::granted)).toList();
        List<Seen> retries = all.stream().filter(Seen::retry).toList();
        double allowed = CALLS * (double) TIME.toMillis() / WINDOW.plus(GUARD).toMillis();
        System.out.printf(
                "%d first calls and %d retries granted in %s, the budget allows %.0f; at most %d in any window%n",
                all.size() - retries.size(), retries.size(), TIME, allowed, mostInAnyWindow(all));
        assertThat(mostInAnyWindow(all)).isLessThanOrEqualTo(CALLS);
        assertThat(all.size()).isGreaterThanOrEqualTo((int) Math.ceil(0.95 * allowed));
        assertThat(all.size() - retries.size()).isGreaterThanOrEqualTo(CALLS);
        assertThat(retries.size()).isGreaterThanOrEqualTo(CALLS);
        for (int i = 1; i < retries.size(); i++) {
            // From before both to after both: never shorter than the time between the two.
            long asked = Math.min(retries.get(i - 1).asked(), retries.get(i).asked());
            assertThat(Duration.ofNanos(retries.get(i).granted() - asked))
                    .isGreaterThanOrEqualTo(PERIOD.minus(TOLERANCE));
        }
    }

    @Test
    void the_budget_outlives_a_redis_that_is_killed_and_started_again() {
        Duration window = ofSeconds(60);
        try (RedisContainer own = Containers.redis();
                RedisProcesses processes = new RedisProcesses(own)) {
            own.start();
            UpstreamQuota before = quotaOf(processes.connect(), "quota", window);
            for (int i = 0; i < CALLS; i++) {
                assertThat(before.takeForFirstCall()).isInstanceOf(Permission.Granted.class);
            }

            processes.crash();

            UpstreamQuota after = quotaOf(processes.connect(), "quota", window);
            assertThat(after.takeForFirstCall())
                    .isInstanceOfSatisfying(
                            Permission.Wait.class,
                            wait -> assertThat(wait.time()).isBetween(ofSeconds(20), ofSeconds(61)));
            assertThat(after.takeForRetry()).isInstanceOf(Permission.Wait.class);
        }
    }

    private static void callUntilTheEnd(UpstreamQuota quota, long start, List<Seen> grants) {
        long now = System.nanoTime();
        while (now - start < TIME.toNanos()) {
            boolean retry = now - start > FIRST_CALLS_ONLY.toNanos()
                    && ThreadLocalRandom.current().nextBoolean();
            Permission permission = retry ? quota.takeForRetry() : quota.takeForFirstCall();
            if (permission instanceof Permission.Granted) {
                grants.add(new Seen(retry, now, System.nanoTime()));
            }
            now = System.nanoTime();
        }
    }

    /** How many were certainly given within one and the same window, the guard included. */
    private static long mostInAnyWindow(List<Seen> all) {
        long window = WINDOW.plus(GUARD).minus(TOLERANCE).toNanos();
        return all.stream()
                .mapToLong(first -> all.stream()
                        .filter(other -> other.asked() >= first.asked() && other.granted() - first.asked() < window)
                        .count())
                .max()
                .orElse(0);
    }

    private static UpstreamQuota quotaOf(StringRedisTemplate process, String key, Duration window) {
        return new UpstreamQuota(process, process, key, new CryptoSettings.Quota(CALLS, window), PERIOD);
    }
}
