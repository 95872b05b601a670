package io.cryptowrapper.upstream;

import io.cryptowrapper.redis.Scripts;
import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.UpstreamOutcome;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;

/**
 * The upstream's budget, one for all processes: at most {@code calls} grants in any window, and retries a period apart.
 *
 * <p>Its state is one Redis key, its clock is that of Redis, and its rules are in {@code upstream-quota.lua}. Where
 * Redis does not answer, every method throws a {@link org.springframework.dao.DataAccessException}, and nobody may
 * call.
 */
public class UpstreamQuota {

    private static final Logger log = LoggerFactory.getLogger(UpstreamQuota.class);

    @SuppressWarnings("rawtypes")
    private static final RedisScript<List> SCRIPT = Scripts.read("upstream-quota.lua", UpstreamQuota.class, List.class);

    /** Of a window of 60 s this is 480 ms: enough from grant to arrival, and 99 % of the budget can still be used. */
    private static final double GUARD_SHARE = 0.008;

    /** On a busy machine a call may need this long to arrive, however short the window is. */
    private static final Duration LEAST_GUARD = Duration.ofMillis(200);

    /** Or a window, where that is longer. */
    private static final Duration LONGEST_PAUSE = Duration.ofHours(1);

    private final StringRedisTemplate redis;
    private final StringRedisTemplate replicated;
    private final List<String> key;
    private final CryptoSettings.Quota quota;
    private final Duration period;
    private final Duration guard;
    private final Duration longestPause;
    private final Supplier<String> clock;
    private final LongSupplier nanoClock;

    /** How many grants there have been, as far as this process knows: it notices by this when Redis forgets some. */
    private final AtomicLong seen = new AtomicLong();

    private final AtomicReference<@Nullable Owed> owed = new AtomicReference<>();
    private volatile boolean keyRefused;

    /** A pause that Redis could not be told of, by the clock of nanoseconds. */
    private record Owed(String op, long until) {}

    /** What the quota says to somebody who wants to call. */
    public sealed interface Permission {

        /** Call now. */
        record Granted(Grant grant) implements Permission {}

        /** Ask again after this time. */
        record Wait(Duration time) implements Permission {}
    }

    /**
     * @param replicated by which grants are taken: one that a new primary of Redis does not know would be given again
     * @param key where the state is kept
     * @param period the time between two retries
     */
    public UpstreamQuota(
            StringRedisTemplate redis,
            StringRedisTemplate replicated,
            String key,
            CryptoSettings.Quota quota,
            Duration period) {
        this(redis, replicated, key, quota, period, () -> "", System::nanoTime);
    }

    /**
     * @param clock the time in milliseconds, or nothing for that of Redis
     * @param nanoClock the time that passes in this process
     */
    UpstreamQuota(
            StringRedisTemplate redis,
            StringRedisTemplate replicated,
            String key,
            CryptoSettings.Quota quota,
            Duration period,
            Supplier<String> clock,
            LongSupplier nanoClock) {
        this.redis = redis;
        this.replicated = replicated;
        this.key = List.of(key);
        this.quota = quota;
        this.period = period;
        this.guard = guardOf(quota.window());
        this.longestPause = longest(LONGEST_PAUSE, quota.window().plus(guard));
        this.clock = clock;
        this.nanoClock = nanoClock;
    }

    /**
     * Asks for a first call, made while its client waits. While a retry waits for its turn, it is refused, unless the
     * budget has room for more calls than retries can use.
     */
    public Permission takeForFirstCall() {
        return take("first");
    }

    /**
     * Asks for a retry. While the answer is to wait, and for half a second after the last such answer or grant, a retry
     * counts as waiting for its turn.
     */
    public Permission takeForRetry() {
        return take("retry");
    }

    /**
     * How long it will be until a retry is granted, if nothing but retries is called in between, each as soon as it
     * may.
     *
     * @param others how many retries come before it
     */
    public Duration untilRetryAfter(long others) {
        return ask(redis, "peek", others).time();
    }

    /**
     * How the budget stands.
     *
     * @param left how many calls could be made now; those that retries have reserved are among them
     * @param more how long it will be until there are more; nothing if none is used
     */
    public record Standing(int left, Duration more) {}

    /** How the budget stands, without taking anything of it. */
    public Standing look() {
        List<?> reply = execute(redis, "look", 0);
        return new Standing(Math.toIntExact((Long) reply.get(3)), Duration.ofMillis((Long) reply.get(0)));
    }

    /** Goes the way of a permission once, without taking one. */
    public void rehearse(StringRedisTemplate by) {
        execute(by, "look", 0);
    }

    /**
     * Makes all callers do what an outcome asks of one: after a {@code Retry-After} nobody calls until it is over, an
     * hour or a window at most, and after a refused key nobody calls for a window, as it will be refused until an
     * operator has changed it. Where Redis does not answer, nobody calls anyway; what is left of the pause is asked for
     * when it does.
     */
    public void heed(UpstreamOutcome outcome) {
        switch (outcome) {
            case UpstreamOutcome.KeyRefused refused -> {
                log.error(
                        "The upstream refuses the key: check CRYPTO_API_KEY, or the file named by CRYPTO_API_KEY_FILE."
                                + " Calls pause.");
                keyRefused = true;
                pause("refuse", quota.window());
            }
            case UpstreamOutcome.Failed(var failure, var retryAfter) -> {
                // Other failures tell nothing of the key: an upstream that is down may not even look at it.
                if (retryAfter != null) {
                    pause("hold", retryAfter);
                }
            }
            case UpstreamOutcome.Signed signed -> keyIsAccepted();
            case UpstreamOutcome.Rejected rejected -> keyIsAccepted();
            case UpstreamOutcome.NotCalled notCalled -> {}
        }
    }

    /**
     * Whether the upstream has refused our key, to whichever process, and accepted it in no later call. Where Redis
     * does not answer, what was last heard.
     */
    public boolean keyIsRefused() {
        try {
            ask(redis, "peek", 0);
        } catch (DataAccessException redisIsDown) {
            // What was last heard.
        }
        return keyRefused;
    }

    /** The time between two retries when many messages wait: the period, or more where the budget allows fewer. */
    public static Duration pace(CryptoSettings.Quota quota, Duration period) {
        Duration share = quota.window().plus(guardOf(quota.window())).dividedBy(quota.calls());
        return longest(share, period);
    }

    /** The time by which a window is kept longer than asked, for calls that arrive later than they were granted. */
    static Duration guardOf(Duration window) {
        return longest(Duration.ofNanos((long) (window.toNanos() * GUARD_SHARE)), LEAST_GUARD);
    }

    private static Duration longest(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    private void pause(String op, Duration asked) {
        Duration time = asked.compareTo(longestPause) < 0 ? asked : longestPause;
        var unlessTold = new Owed(op, nanoClock.getAsLong() + time.toNanos());
        try {
            ask(op, time.toMillis());
        } catch (DataAccessException redisIsDown) {
            owed.set(unlessTold);
        }
    }

    private void tellWhatIsOwed() {
        Owed pause = owed.get();
        if (pause != null) {
            long left = pause.until() - nanoClock.getAsLong();
            if (left > 0) {
                ask(pause.op(), Duration.ofNanos(left).toMillis());
            }
            owed.compareAndSet(pause, null);
        }
    }

    private void keyIsAccepted() {
        if (keyRefused) {
            try {
                ask("accept", 0);
            } catch (DataAccessException redisIsDown) {
                // The next call that is answered tells it.
            }
        }
    }

    private Permission take(String op) {
        tellWhatIsOwed();
        long asked = nanoClock.getAsLong();
        Reply reply = ask(op, 0);
        return reply.time().isZero()
                ? new Permission.Granted(new Grant(nanoClock, asked, guard, () -> renew(reply.number())))
                : new Permission.Wait(reply.time());
    }

    private boolean renew(long number) {
        try {
            return ask("renew", number).time().isZero();
        } catch (DataAccessException redisIsDown) {
            return false;
        }
    }

    private record Reply(Duration time, long number) {}

    /**
     * @param operand of {@code hold} and {@code refuse}, how long in milliseconds; of {@code renew}, the grant's
     *     number; of {@code peek}, how many retries come first
     */
    private Reply ask(String op, long operand) {
        return ask(replicated, op, operand);
    }

    private Reply ask(StringRedisTemplate by, String op, long operand) {
        List<?> reply = execute(by, op, operand);
        // The last one granted is the caller's own.
        return new Reply(Duration.ofMillis((Long) reply.get(0)), (Long) reply.get(1) - 1);
    }

    private List<?> execute(StringRedisTemplate by, String op, long operand) {
        List<?> reply = by.execute(
                SCRIPT,
                key,
                op,
                Integer.toString(quota.calls()),
                Long.toString(quota.window().plus(guard).toMillis()),
                Long.toString(period.toMillis()),
                Long.toString(seen.get()),
                Long.toString(operand),
                Long.toString(longestPause.toMillis()),
                clock.get());
        seen.accumulateAndGet((Long) reply.get(1), Math::max);
        keyRefused = (Long) reply.get(2) == 1;
        return reply;
    }
}
