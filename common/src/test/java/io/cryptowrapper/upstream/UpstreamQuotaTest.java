package io.cryptowrapper.upstream;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cryptowrapper.TestRedis;
import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Signature;
import io.cryptowrapper.signing.UpstreamOutcome;
import io.cryptowrapper.testing.Gate;
import io.cryptowrapper.testing.SettableClock;
import io.cryptowrapper.testing.Stage;
import io.cryptowrapper.testing.Timing;
import io.cryptowrapper.upstream.UpstreamQuota.Permission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;

@Tag(Stage.BOTH_SERVERS)
@Timeout(120)
class UpstreamQuotaTest {

    private static final int CALLS = 10;
    private static final Duration WINDOW = ofSeconds(60);
    private static final Duration GUARD = UpstreamQuota.guardOf(WINDOW);
    private static final Duration PERIOD = ofSeconds(6);

    /** For tests by the clock of Redis. The period is short enough for retries to use the whole budget. */
    private static final int REAL_CALLS = 10;

    private static final Duration REAL_WINDOW = ofMillis(300);
    private static final Duration REAL_PERIOD = ofMillis(30);

    /** The resolution of Redis's clock plus the drift of two clocks in one window. */
    private static final Duration TOLERANCE = ofMillis(2);

    private final StringRedisTemplate redis = TestRedis.emptied();
    private final SettableClock clock =
            new SettableClock(Duration.ofDays(20_000).toNanos());

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void in_no_window_do_more_calls_arrive_than_allowed_whatever_many_callers_do(long seed) {
        Random random = new Random(seed);
        List<UpstreamQuota> callers =
                IntStream.range(0, 8).mapToObj(i -> process()).toList();
        List<Grant> unused = new ArrayList<>();
        List<Grant> heldUp = new ArrayList<>();
        List<Long> arrivals = new ArrayList<>();
        List<Long> retries = new ArrayList<>();
        long latest = GUARD.toMillis() / 2 - 1;
        Duration wait = Duration.ZERO;

        for (int step = 0; step < 1000; step++) {
            // Often not at all, and otherwise to the moments at which something becomes allowed or stops being so.
            clock.advance(
                    switch (random.nextInt(20)) {
                        case 0 -> ofMillis(random.nextInt(20_000));
                        case 1, 2, 3 -> wait;
                        case 4, 5 -> ofMillis(latest + random.nextInt(2));
                        case 6, 7 -> ofMillis(random.nextInt(2000));
                        default -> Duration.ZERO;
                    });
            boolean retry = random.nextBoolean();
            UpstreamQuota caller = callers.get(random.nextInt(callers.size()));
            switch (retry ? caller.takeForRetry() : caller.takeForFirstCall()) {
                case Permission.Granted(Grant grant) -> {
                    unused.add(grant);
                    if (retry) {
                        retries.add(clock.millis());
                    }
                    wait = Duration.ZERO;
                }
                case Permission.Wait(Duration time) -> wait = time;
            }
            // Some are used at once, some late, and some never, as their process dies.
            if (!unused.isEmpty() && random.nextInt(3) > 0) {
                Grant grant = unused.remove(random.nextInt(unused.size()));
                if (random.nextInt(10) > 0 && grant.allowsSending()) {
                    heldUp.add(grant);
                }
            }
            // Most are sent then, and some when their process has stood still for seconds.
            for (Iterator<Grant> each = heldUp.iterator(); each.hasNext(); ) {
                Grant grant = each.next();
                if (random.nextInt(10) > 0) {
                    each.remove();
                    arrivals.add(clock.millis() + (random.nextBoolean() ? 0 : latest));
                    if (grant.isOld()) {
                        grant.renewAfterUse();
                    }
                }
            }
        }

        assertThat(arrivals).hasSizeGreaterThan(100);
        assertThat(mostInAnyWindow(arrivals)).isEqualTo(CALLS);
        assertThat(gaps(retries)).allSatisfy(gap -> assertThat(gap).isGreaterThanOrEqualTo(PERIOD.toMillis()));
    }

    @ParameterizedTest(name = "{0} workers")
    @ValueSource(ints = {1, 3})
    void a_backlog_gets_at_least_99_percent_of_the_budget_while_new_messages_crowd_in(int workers) {
        List<UpstreamQuota> retriers =
                IntStream.range(0, workers).mapToObj(i -> process()).toList();
        UpstreamQuota api = process();
        long[] nextAsk = new long[workers];
        int minutes = 20;
        long end = clock.millis() + ofMinutes(minutes).toMillis();
        Arrays.fill(nextAsk, clock.millis());
        List<Long> retries = new ArrayList<>();
        int firstCalls = 0;

        while (clock.millis() < end) {
            for (int worker = 0; worker < workers; worker++) {
                if (clock.millis() >= nextAsk[worker]) {
                    nextAsk[worker] = clock.millis()
                            + switch (retriers.get(worker).takeForRetry()) {
                                case Permission.Granted granted -> {
                                    retries.add(clock.millis());
                                    // It fetches the message before it looks for the next one.
                                    yield 50;
                                }
                                case Permission.Wait(Duration time) -> Math.min(time.toMillis(), 1000);
                            };
                }
            }
            // The longer ago a worker has asked, the more likely a first call is granted. So one right before the next
            // question stands for all first calls in between.
            clock.advance(ofMillis(Arrays.stream(nextAsk).min().orElseThrow() - clock.millis() - 1));
            if (api.takeForFirstCall() instanceof Permission.Granted) {
                firstCalls++;
            }
            clock.advance(ofMillis(1));
        }

        assertThat(firstCalls).isZero();
        assertThat(retries.size()).isGreaterThanOrEqualTo((int) (0.99 * minutes * CALLS));
        assertThat(mostInAnyWindow(retries)).isEqualTo(CALLS);
    }

    @Test
    void of_a_large_budget_new_messages_get_what_no_retry_can_use() {
        UpstreamQuota quota = process("quota", 3 * CALLS, WINDOW);
        List<Long> retries = new ArrayList<>();
        List<Long> all = new ArrayList<>();
        int windows = 4;
        long end = clock.millis() + WINDOW.plus(GUARD).multipliedBy(windows).toMillis();

        while (clock.millis() < end) {
            if (quota.takeForRetry() instanceof Permission.Granted) {
                retries.add(clock.millis());
                all.add(clock.millis());
            }
            if (quota.takeForFirstCall() instanceof Permission.Granted) {
                all.add(clock.millis());
            }
            clock.advance(ofMillis(200));
        }

        assertThat(gaps(retries)).allSatisfy(gap -> assertThat(gap).isEqualTo(PERIOD.toMillis()));
        assertThat(mostInAnyWindow(all)).isLessThanOrEqualTo(3 * CALLS);
        // In 60.48 s there may be 11 retries; the other 19 are for new messages.
        assertThat(all.size()).isGreaterThanOrEqualTo(windows * 19);
    }

    @Test
    void first_calls_alone_may_use_the_whole_budget_at_once() {
        UpstreamQuota quota = process();

        for (int i = 0; i < CALLS; i++) {
            assertThat(quota.takeForFirstCall()).isInstanceOf(Permission.Granted.class);
            clock.advance(ofSeconds(1));
        }

        assertThat(quota.takeForFirstCall())
                .isEqualTo(new Permission.Wait(WINDOW.plus(GUARD).minusSeconds(10)));
    }

    @Test
    void how_the_budget_stands_is_told_without_taking_of_it() {
        UpstreamQuota quota = process();
        assertThat(quota.look()).isEqualTo(standing(10, Duration.ZERO));
        assertThat(redis.hasKey("quota")).isFalse();
        for (int i = 0; i < 4; i++) {
            quota.takeForFirstCall();
            clock.advance(ofSeconds(1));
        }

        Duration more = WINDOW.plus(GUARD).minusSeconds(4);
        assertThat(quota.look()).isEqualTo(standing(6, more));
        assertThat(quota.look()).isEqualTo(standing(6, more));
        clock.advance(more);
        assertThat(quota.look()).isEqualTo(standing(7, ofSeconds(1)));
        clock.advance(ofSeconds(3));
        assertThat(quota.look()).isEqualTo(standing(10, Duration.ZERO));
    }

    @Test
    void nothing_of_the_budget_is_left_while_the_upstream_wants_a_pause_and_when_all_is_used() {
        UpstreamQuota quota = process();
        for (int i = 0; i < CALLS; i++) {
            quota.takeForFirstCall();
        }
        assertThat(quota.look()).isEqualTo(standing(0, WINDOW.plus(GUARD)));

        quota.heed(failed(ofSeconds(90)));
        clock.advance(ofSeconds(80));

        assertThat(quota.look()).isEqualTo(standing(0, ofSeconds(10)));
    }

    @Test
    void after_a_missing_key_retries_wait_one_period_and_first_calls_do_not() {
        assertThat(process().takeForRetry()).isEqualTo(new Permission.Wait(PERIOD));
        redis.delete("quota");
        assertThat(process().takeForFirstCall()).isInstanceOf(Permission.Granted.class);
    }

    @Test
    void while_a_retry_waits_first_calls_are_refused_until_its_worker_asks_no_more() {
        UpstreamQuota quota = process();
        quota.takeForRetry();

        clock.advance(ofMillis(1499));
        assertThat(quota.takeForFirstCall()).isInstanceOf(Permission.Wait.class);
        clock.advance(ofMillis(1));
        assertThat(quota.takeForFirstCall()).isInstanceOf(Permission.Granted.class);
    }

    @Test
    void after_a_retry_first_calls_are_refused_for_half_a_second() {
        UpstreamQuota quota = process();
        quota.takeForRetry();
        clock.advance(PERIOD);
        assertThat(quota.takeForRetry()).isInstanceOf(Permission.Granted.class);

        clock.advance(ofMillis(499));
        assertThat(quota.takeForFirstCall()).isInstanceOf(Permission.Wait.class);
        clock.advance(ofMillis(1));
        assertThat(quota.takeForFirstCall()).isInstanceOf(Permission.Granted.class);
    }

    @ParameterizedTest(name = "{0} calls, {1} ms, seed {2}")
    @CsvSource({"10, 6000, 1", "10, 6000, 2", "10, 1000, 3", "1, 6000, 4", "3, 6000, 5", "50, 6000, 6", "60, 100, 7"})
    void the_times_of_all_coming_retries_are_known(int calls, int period, long seed) {
        Random random = new Random(seed);
        UpstreamQuota quota = process("quota", calls, WINDOW, ofMillis(period));
        int before = Math.max(30, calls);
        for (int i = 0; i < before; i++) {
            clock.advance(ofMillis(random.nextInt(120_000 / before)));
            if (random.nextInt(3) == 0) {
                quota.takeForRetry();
            } else {
                quota.takeForFirstCall();
            }
        }
        quota.heed(failed(ofSeconds(random.nextInt(20))));
        long start = clock.millis();
        List<Long> foretold = IntStream.range(0, Math.max(60, 3 * calls))
                .mapToObj(others -> quota.untilRetryAfter(others).toMillis())
                .toList();

        List<Long> granted = new ArrayList<>();
        while (granted.size() < foretold.size()) {
            switch (quota.takeForRetry()) {
                case Permission.Granted retry -> granted.add(clock.millis() - start);
                case Permission.Wait(Duration time) -> clock.advance(time);
            }
        }

        assertThat(foretold).isEqualTo(granted);
    }

    @Test
    void retries_far_away_are_foretold_by_the_pace() {
        UpstreamQuota quota = process();

        assertThat(quota.untilRetryAfter(1_000_000))
                .isBetween(
                        UpstreamQuota.pace(new CryptoSettings.Quota(CALLS, WINDOW), PERIOD)
                                .multipliedBy(999_990),
                        UpstreamQuota.pace(new CryptoSettings.Quota(CALLS, WINDOW), PERIOD)
                                .multipliedBy(1_000_010));
    }

    @Test
    void the_next_retry_is_known_without_asking_for_it() {
        UpstreamQuota quota = process();
        assertThat(quota.untilRetryAfter(0)).isEqualTo(PERIOD);
        quota.takeForRetry();
        clock.advance(ofSeconds(4));

        assertThat(quota.untilRetryAfter(0)).isEqualTo(ofSeconds(2));
        assertThat(quota.takeForFirstCall()).isInstanceOf(Permission.Granted.class);
    }

    @Test
    void a_renewed_grant_counts_from_its_renewal() {
        UpstreamQuota quota = process();
        Grant late = ((Permission.Granted) quota.takeForFirstCall()).grant();
        clock.advance(ofSeconds(2));
        for (int i = 1; i < CALLS; i++) {
            quota.takeForFirstCall();
        }
        clock.advance(ofSeconds(1));

        assertThat(late.allowsSending()).isTrue();

        assertThat(quota.takeForFirstCall()).isEqualTo(new Permission.Wait(WINDOW.plus(GUARD)));
    }

    @Test
    void a_renewed_retry_keeps_the_next_one_a_period_away() {
        UpstreamQuota quota = process();
        quota.takeForRetry();
        clock.advance(PERIOD);
        Grant late = ((Permission.Granted) quota.takeForRetry()).grant();
        clock.advance(ofSeconds(2));

        assertThat(late.allowsSending()).isTrue();

        assertThat(quota.untilRetryAfter(0)).isEqualTo(PERIOD);
    }

    @Test
    void a_grant_that_others_have_taken_the_place_of_cannot_be_renewed() {
        UpstreamQuota quota = process();
        Grant forgotten = ((Permission.Granted) quota.takeForFirstCall()).grant();
        clock.advance(WINDOW.plus(GUARD));
        for (int i = 0; i < CALLS; i++) {
            assertThat(quota.takeForFirstCall()).isInstanceOf(Permission.Granted.class);
        }

        assertThat(forgotten.allowsSending()).isFalse();
    }

    @Test
    void the_budget_outlives_the_process() {
        UpstreamQuota before = process();
        for (int i = 0; i < CALLS; i++) {
            before.takeForFirstCall();
        }

        assertThat(process().takeForFirstCall()).isEqualTo(new Permission.Wait(WINDOW.plus(GUARD)));
    }

    @Test
    void when_redis_has_forgotten_the_grants_a_process_that_saw_some_waits_a_whole_window() {
        UpstreamQuota quota = process();
        quota.takeForFirstCall();
        redis.delete("quota");

        assertThat(quota.takeForFirstCall()).isEqualTo(new Permission.Wait(WINDOW.plus(GUARD)));
        assertThat(process().takeForFirstCall()).isInstanceOf(Permission.Wait.class);
        clock.advance(WINDOW.plus(GUARD));
        assertThat(quota.takeForFirstCall()).isInstanceOf(Permission.Granted.class);
    }

    @Test
    void when_redis_has_forgotten_the_last_grants_only_it_is_the_same() {
        UpstreamQuota quota = process();
        quota.takeForFirstCall();
        redis.opsForHash().put("quota", "granted", "0");
        redis.opsForHash().delete("quota", "g0");

        assertThat(quota.takeForFirstCall()).isEqualTo(new Permission.Wait(WINDOW.plus(GUARD)));
    }

    @Test
    void a_clock_that_is_set_back_stops_nobody_for_longer_than_a_window() {
        UpstreamQuota quota = process();
        for (int i = 0; i < CALLS; i++) {
            quota.takeForFirstCall();
        }
        quota.takeForRetry();

        clock.advance(Duration.ofHours(-5));

        assertThat(quota.takeForFirstCall()).isEqualTo(new Permission.Wait(WINDOW.plus(GUARD)));
        assertThat(quota.takeForRetry()).isEqualTo(new Permission.Wait(WINDOW.plus(GUARD)));
        clock.advance(WINDOW.plus(GUARD));
        assertThat(quota.takeForRetry()).isInstanceOf(Permission.Granted.class);
        clock.advance(ofMillis(500));
        for (int i = 1; i < CALLS; i++) {
            assertThat(quota.takeForFirstCall()).isInstanceOf(Permission.Granted.class);
        }
    }

    @ParameterizedTest
    @CsvSource({"7, 7", "3600, 3600", "86400, 3600", "251606707199, 3600"})
    void a_retry_after_holds_everybody_off_for_an_hour_at_most(long asked, int held) {
        process().heed(failed(ofSeconds(asked)));

        assertThat(process().takeForFirstCall()).isEqualTo(new Permission.Wait(ofSeconds(held)));
        assertThat(process().untilRetryAfter(0)).isEqualTo(ofSeconds(Math.max(held, PERIOD.toSeconds())));
    }

    @Test
    void a_shorter_retry_after_does_not_shorten_a_longer_one() {
        process().heed(failed(ofSeconds(60)));
        process().heed(failed(ofSeconds(1)));

        assertThat(process().takeForFirstCall()).isEqualTo(new Permission.Wait(ofSeconds(60)));
    }

    @Test
    void no_hold_shortens_the_one_after_a_loss_of_the_log() {
        Duration longWindow = Duration.ofHours(12);
        UpstreamQuota quota = process("quota", CALLS, longWindow);
        quota.takeForFirstCall();
        redis.delete("quota");
        assertThat(quota.takeForFirstCall())
                .isEqualTo(new Permission.Wait(longWindow.plus(UpstreamQuota.guardOf(longWindow))));

        quota.heed(failed(ofSeconds(1)));

        assertThat(quota.takeForFirstCall())
                .isEqualTo(new Permission.Wait(longWindow.plus(UpstreamQuota.guardOf(longWindow))));
    }

    @Test
    void a_loss_of_the_log_does_not_shorten_a_longer_hold() {
        UpstreamQuota quota = process();
        quota.takeForFirstCall();
        quota.heed(failed(ofMinutes(30)));
        redis.opsForHash().put("quota", "granted", "0");

        assertThat(quota.takeForFirstCall()).isEqualTo(new Permission.Wait(ofMinutes(30)));
    }

    @Test
    void a_pause_that_redis_could_not_be_told_of_is_told_when_it_is_back() {
        try (Gate gate = Gate.to(TestRedis.port())) {
            LettuceConnectionFactory connections = TestRedis.connect(gate.port());
            var gated = new StringRedisTemplate(connections);
            var quota = new UpstreamQuota(
                    gated,
                    gated,
                    "quota",
                    new CryptoSettings.Quota(CALLS, WINDOW),
                    PERIOD,
                    () -> Long.toString(clock.millis()),
                    clock::nanos);
            gate.cut();
            quota.heed(failed(ofSeconds(100)));
            clock.advance(ofSeconds(30));
            gate.open();

            assertThat(quota.takeForFirstCall()).isEqualTo(new Permission.Wait(ofSeconds(70)));
            assertThat(process().takeForFirstCall()).isEqualTo(new Permission.Wait(ofSeconds(70)));
            connections.destroy();
        }
    }

    @Test
    void a_refused_key_holds_everybody_off_for_a_window() {
        process().heed(new UpstreamOutcome.KeyRefused(new Failure(401, "who?")));

        assertThat(process().takeForFirstCall()).isEqualTo(new Permission.Wait(WINDOW));
    }

    @Test
    void every_process_knows_of_a_refused_key_until_any_of_them_has_had_it_accepted() {
        UpstreamQuota one = process();
        UpstreamQuota other = process();
        assertThat(other.keyIsRefused()).isFalse();

        one.heed(new UpstreamOutcome.KeyRefused(new Failure(403, "no")));
        assertThat(other.keyIsRefused()).isTrue();
        one.heed(failed(null));
        assertThat(other.keyIsRefused()).isTrue();
        other.heed(new UpstreamOutcome.Signed(new Signature("c2ln")));
        assertThat(one.keyIsRefused()).isFalse();
    }

    @Test
    void other_outcomes_hold_nobody_off() {
        process().heed(failed(null));
        process().heed(new UpstreamOutcome.Rejected(new Failure(422, "no")));

        assertThat(process().takeForFirstCall()).isInstanceOf(Permission.Granted.class);
    }

    @Test
    void two_budgets_have_nothing_to_do_with_each_other() {
        for (int i = 0; i < CALLS; i++) {
            process().takeForFirstCall();
        }

        assertThat(process("other").takeForFirstCall()).isInstanceOf(Permission.Granted.class);
    }

    @ParameterizedTest
    @CsvSource({"60s, 480ms", "1h, 28800ms", "1s, 200ms", "100ms, 200ms"})
    void the_guard_is_a_share_of_the_window_but_never_too_short_for_a_call_to_arrive(String window, String guard) {
        assertThat(UpstreamQuota.guardOf(duration(window))).isEqualTo(duration(guard));
    }

    @ParameterizedTest
    @CsvSource({"10, 60s, 7s, 7000ms", "10, 60s, 1s, 6048ms", "10, 60s, 6s, 6048ms"})
    void the_pace_is_the_period_unless_the_budget_allows_fewer(int calls, String window, String period, String pace) {
        assertThat(UpstreamQuota.pace(new CryptoSettings.Quota(calls, duration(window)), duration(period)))
                .isEqualTo(duration(pace));
    }

    @Test
    void many_processes_keep_the_budget_by_the_clock_of_redis() throws Exception {
        RealRun run = RealRun.until(REAL_CALLS + 5, 5, 0);

        assertThat(run.mostInAnyWindow()).isLessThanOrEqualTo(REAL_CALLS);
        List<Seen> retries = run.grants().stream().filter(Seen::retry).toList();
        assertThat(retries).hasSizeGreaterThanOrEqualTo(5);
        for (int i = 1; i < retries.size(); i++) {
            // From before both to after both: never shorter than the time between the two.
            long asked = Math.min(retries.get(i - 1).asked(), retries.get(i).asked());
            assertThat(Duration.ofNanos(retries.get(i).granted() - asked))
                    .isGreaterThanOrEqualTo(REAL_PERIOD.minus(TOLERANCE));
        }
    }

    @Test
    @Tag(Stage.TIMING)
    void many_processes_use_at_least_95_percent_of_the_budget() throws Exception {
        Duration span = REAL_WINDOW.plus(UpstreamQuota.guardOf(REAL_WINDOW));
        int windows = 10;

        Timing.best(span.multipliedBy(windows).multipliedBy(100).dividedBy(95), () -> {
            redis.delete("real");
            // The last one is the first grant after these windows.
            List<Seen> grants = RealRun.until(0, 0, windows * REAL_CALLS + 1).grants();
            return Duration.ofNanos(
                    grants.getLast().granted() - grants.getFirst().granted());
        });
    }

    @Test
    void nobody_may_call_while_redis_is_down() {
        var nowhere = new LettuceConnectionFactory(new RedisStandaloneConfiguration("127.0.0.1", 1));
        nowhere.afterPropertiesSet();
        nowhere.start();
        var template = new StringRedisTemplate(nowhere);
        var quota = new UpstreamQuota(template, template, "quota", new CryptoSettings.Quota(CALLS, WINDOW), PERIOD);

        assertThatThrownBy(quota::takeForFirstCall).isInstanceOf(DataAccessException.class);
        assertThatThrownBy(quota::takeForRetry).isInstanceOf(DataAccessException.class);
        nowhere.destroy();
    }

    /** A grant as its caller saw it. Redis gave it between these two times. */
    private record Seen(boolean retry, long asked, long granted) {}

    /** The grants that many threads of several processes got by asking as fast as they could. */
    private record RealRun(List<Seen> grants) {

        private static final int PROCESSES = 4;
        private static final int THREADS = 4;

        /** Begins with first calls alone, because they get nothing while a retry waits, and goes on with both. */
        static RealRun until(int firstCalls, int retries, int all) throws Exception {
            var granted = new AtomicInteger();
            List<Seen> grants = Collections.synchronizedList(new ArrayList<>());
            List<LettuceConnectionFactory> processes =
                    Stream.generate(TestRedis::connect).limit(PROCESSES).toList();
            try (ExecutorService threads = Executors.newFixedThreadPool(PROCESSES * THREADS)) {
                List<Callable<Void>> callers = new ArrayList<>();
                for (LettuceConnectionFactory process : processes) {
                    var redis = new StringRedisTemplate(process);
                    var quota = new UpstreamQuota(
                            redis, redis, "real", new CryptoSettings.Quota(REAL_CALLS, REAL_WINDOW), REAL_PERIOD);
                    callers.addAll(Collections.nCopies(THREADS, () -> {
                        while (grants.size() < all || granted.get() < retries) {
                            boolean retry = grants.size() >= firstCalls
                                    && ThreadLocalRandom.current().nextBoolean();
                            long asked = System.nanoTime();
                            if ((retry ? quota.takeForRetry() : quota.takeForFirstCall())
                                    instanceof Permission.Granted) {
                                grants.add(new Seen(retry, asked, System.nanoTime()));
                                if (retry) {
                                    granted.incrementAndGet();
                                }
                            }
                        }
                        return null;
                    }));
                }
                for (Future<Void> caller : threads.invokeAll(callers)) {
                    caller.get();
                }
            } finally {
                processes.forEach(LettuceConnectionFactory::destroy);
            }
            return new RealRun(grants.stream()
                    .sorted(Comparator.comparingLong(Seen::granted))
                    .toList());
        }

        /** The number of grants that certainly fell into one window, including the guard. */
        long mostInAnyWindow() {
            long window = REAL_WINDOW
                    .plus(UpstreamQuota.guardOf(REAL_WINDOW))
                    .minus(TOLERANCE)
                    .toNanos();
            return grants.stream()
                    .mapToLong(first -> grants.stream()
                            .filter(other -> other.asked() >= first.asked() && other.granted() - first.asked() < window)
                            .count())
                    .max()
                    .orElse(0);
        }
    }

    private UpstreamQuota process() {
        return process("quota");
    }

    private UpstreamQuota process(String key) {
        return process(key, CALLS, WINDOW);
    }

    private UpstreamQuota process(String key, int calls, Duration window) {
        return process(key, calls, window, PERIOD);
    }

    private UpstreamQuota process(String key, int calls, Duration window, Duration period) {
        return new UpstreamQuota(
                redis,
                redis,
                key,
                new CryptoSettings.Quota(calls, window),
                period,
                () -> Long.toString(clock.millis()),
                clock::nanos);
    }

    private static UpstreamQuota.Standing standing(int left, Duration more) {
        return new UpstreamQuota.Standing(left, more);
    }

    private static UpstreamOutcome failed(@Nullable Duration retryAfter) {
        return new UpstreamOutcome.Failed(new Failure(503, "busy"), retryAfter);
    }

    private static int mostInAnyWindow(List<Long> times) {
        List<Long> sorted = times.stream().sorted().toList();
        int most = 0;
        int first = 0;
        for (int last = 0; last < sorted.size(); last++) {
            while (sorted.get(last) - sorted.get(first) >= WINDOW.toMillis()) {
                first++;
            }
            most = Math.max(most, last - first + 1);
        }
        return most;
    }

    private static List<Long> gaps(List<Long> times) {
        return IntStream.range(1, times.size())
                .mapToObj(i -> times.get(i) - times.get(i - 1))
                .toList();
    }

    private static Duration duration(String text) {
        return org.springframework.boot.convert.DurationStyle.detectAndParse(text);
    }
}
