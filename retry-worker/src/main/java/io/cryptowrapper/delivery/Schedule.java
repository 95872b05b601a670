package io.cryptowrapper.delivery;

import io.cryptowrapper.callbacks.Callback;
import io.cryptowrapper.http.RetryAfter;
import io.cryptowrapper.settings.CallbackSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * When a callback that has failed is tried again.
 *
 * @param delays the delay before each attempt
 * @param random spreads those that have failed at the same time
 */
record Schedule(List<Duration> delays, RandomGenerator random) {

    /** A delay may be longer by this part of it. */
    private static final double JITTER = 0.1;

    /** The pause that a receiver asks for, a day at most; nothing if it asks for none. */
    static Optional<Duration> pause(String retryAfter, Instant now) {
        Duration longest = CallbackSettings.LONGEST_DELAY;
        return RetryAfter.read(retryAfter, now)
                .filter(Duration::isPositive)
                .map(asked -> asked.compareTo(longest) < 0 ? asked : longest);
    }

    /** Whether an attempt is made when it comes, whatever the clock of the process says that it has come from. */
    boolean isAtOnce(Callback callback) {
        return callback.attempt() == 1 && delays.getFirst().isZero();
    }

    /** The next attempt; nothing if there is none any more. */
    Optional<Callback> next(Callback failed, Optional<Duration> pause, Instant now) {
        if (failed.attempt() >= delays.size()) {
            return Optional.empty();
        }
        Duration usual = delays.get(failed.attempt());
        Duration delay = pause.filter(asked -> asked.compareTo(usual) > 0).orElseGet(() -> withJitter(usual));
        return Optional.of(failed.next(now.plus(delay)));
    }

    private Duration withJitter(Duration delay) {
        return delay.plusMillis((long) (delay.toMillis() * JITTER * random.nextDouble()));
    }
}
