package io.cryptowrapper.upstream;

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
import org.springframework.core.io.ClassPathResource;
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
    private static final RedisScript<List> SCRIPT =
            RedisScript.of(new ClassPathResource("upstream-quota.lua", UpstreamQuota.class), List.class);

    /** Of a window of 60 s this is 480 ms: enough from grant to arrival, and 99 % of the budget can still be used. */
    private static final double GUARD_SHARE = 0.008;

    /** On a busy machine a call may need this long to arrive, however short the window is. */
    private static final Duration LEAST_GUARD = Duration.ofMillis(200);

    /** As in the script. */
    private static final Duration LONGEST_HOLD = Duration.ofHours(1);

    private final StringRedisTemplate redis;
    private final List<String> key;
    private final CryptoSettings.Quota quota;
    private final Duration period;
    private final Duration guard;
    private final Supplier<String> clock;
    private final LongSupplier nanoClock;

    /** How many grants there have been, as far as this process knows: it notices by this when Redis forgets some. */
    private final AtomicLong seen = new AtomicLong();

    private final AtomicReference<@Nullable Owed> owed = new AtomicReference<>();

    /** A pause that Redis could not be told of, by the clock of nanoseconds. */
    private record Owed(long until) {}

    /** What the quota says to somebody who wants to call. */
    public sealed interface Answer {

        /** Call now. */
        record Granted(Grant grant) implements Answer {}

        /** Ask again after this time. */
        record Wait(Duration time) implements Answer {}
    }

    /**
     * @param key where the state is kept
     * @param period the time between two retries
     */
    public UpstreamQuota(StringRedisTemplate redis, String key, CryptoSettings.Quota quota, Duration period) {
        this(redis, key, quota, period, () -> "", System::nanoTime);
    }

    /**
     * @param clock the time in milliseconds, or nothing for that of Redis
     * @param nanoClock the time that passes in this process
     */
    UpstreamQuota(
            StringRedisTemplate redis,
            String key,
            CryptoSettings.Quota quota,
            Duration period,
            Supplier<String> clock,
            LongSupplier nanoClock) {
        this.redis = redis;
        this.key = List.of(key);
        this.quota = quota;
        this.period = period;
        this.guard = guardOf(quota.window());
        this.clock = clock;
        this.nanoClock = nanoClock;
    }

    /** Asks for a first call, made while its client waits. Refused while a retry waits for its turn. */
    public Answer takeForFirstCall() {
        return take("first");
    }

    /**
     * Asks for a retry. While the answer is to wait, and for half a second after the last such answer or grant, first
     * calls are refused.
     */
    public Answer takeForRetry() {
        return take("retry");
    }

    /** How long it will be until a retry is granted, if nobody calls in between. */
    public Duration untilNextRetry() {
        return ask("peek", 0).time();
    }

    /**
     * Makes all callers do what an outcome asks of one: after a {@code Retry-After} nobody calls until it is over, an
     * hour at most, and after a refused key nobody calls for a window, as it will be refused until an operator has
     * changed it. Where Redis does not answer, nobody calls anyway; what is left of the pause is asked for when it
     * does.
     */
    public void heed(UpstreamOutcome outcome) {
        switch (outcome) {
            case UpstreamOutcome.KeyRefused refused -> {
                log.error("The upstream refuses the key: check CRYPTO_API_KEY. Calls pause.");
                hold(quota.window());
            }
            case UpstreamOutcome.Failed(var failure, var retryAfter) when retryAfter != null -> hold(retryAfter);
            default -> {}
        }
    }

    /** The time between two retries when many messages wait: the period, or more where the budget allows fewer. */
    public static Duration pace(CryptoSettings.Quota quota, Duration period) {
        Duration share = quota.window().plus(guardOf(quota.window())).dividedBy(quota.calls());
        return share.compareTo(period) > 0 ? share : period;
    }

    /** The time by which a window is kept longer than asked, for calls that arrive later than they were granted. */
    static Duration guardOf(Duration window) {
        Duration share = Duration.ofNanos((long) (window.toNanos() * GUARD_SHARE));
        return share.compareTo(LEAST_GUARD) > 0 ? share : LEAST_GUARD;
    }

    private void hold(Duration time) {
        var unlessTold = new Owed(nanoClock.getAsLong() + Math.min(time.toNanos(), LONGEST_HOLD.toNanos()));
        try {
            ask("hold", time.toMillis());
        } catch (DataAccessException redisIsDown) {
            owed.set(unlessTold);
        }
    }

    private void tellWhatIsOwed() {
        Owed pause = owed.get();
        if (pause != null) {
            long left = pause.until() - nanoClock.getAsLong();
            if (left > 0) {
                ask("hold", Duration.ofNanos(left).toMillis());
            }
            owed.compareAndSet(pause, null);
        }
    }

    private Answer take(String op) {
        tellWhatIsOwed();
        long asked = nanoClock.getAsLong();
        Reply reply = ask(op, 0);
        return reply.time().isZero()
                ? new Answer.Granted(new Grant(nanoClock, asked, guard, () -> renew(reply.number())))
                : new Answer.Wait(reply.time());
    }

    private boolean renew(long number) {
        try {
            return ask("renew", number).time().isZero();
        } catch (DataAccessException redisIsDown) {
            return false;
        }
    }

    private record Reply(Duration time, long number) {}

    /** @param operand of {@code hold}, how long in milliseconds; of {@code renew}, the grant's number */
    private Reply ask(String op, long operand) {
        List<?> reply = redis.execute(
                SCRIPT,
                key,
                op,
                Integer.toString(quota.calls()),
                Long.toString(quota.window().plus(guard).toMillis()),
                Long.toString(period.toMillis()),
                Long.toString(seen.get()),
                Long.toString(operand),
                clock.get());
        long granted = (Long) reply.get(1);
        seen.accumulateAndGet(granted, Math::max);
        // The last one granted is the caller's own.
        return new Reply(Duration.ofMillis((Long) reply.get(0)), granted - 1);
    }
}
