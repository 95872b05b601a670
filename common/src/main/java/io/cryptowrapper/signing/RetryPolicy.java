package io.cryptowrapper.signing;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * When a message is tried again, and for how long.
 *
 * @param pace the time between two retries when many messages wait, by all workers together
 * @param delays how long a message waits before each of its attempts; the last one repeats
 * @param giveUpAfter how old a message may become
 */
public record RetryPolicy(Duration pace, List<Duration> delays, Duration giveUpAfter) {

    public RetryPolicy {
        delays = List.copyOf(delays);
        if (delays.isEmpty()) {
            throw new IllegalArgumentException("at least one delay");
        }
    }

    /** How long a message waits before attempt number {@code attempt}, counted from 1. */
    public Duration delayBefore(int attempt) {
        return delays.get(Math.min(attempt, delays.size()) - 1);
    }

    /** Whether a message accepted at {@code acceptedAt}, having failed again, is given up. */
    public boolean givesUp(Instant acceptedAt, Instant now) {
        return !now.isBefore(acceptedAt.plus(giveUpAfter));
    }

    /**
     * When the message that stands behind {@code ahead} others will be tried.
     *
     * @param due the time until the message's own delay is over
     * @param nextRetry the time until anything may be retried
     */
    public Duration untilTurn(long ahead, Duration due, Duration nextRetry) {
        Duration turn = nextRetry.plus(pace.multipliedBy(ahead));
        return turn.compareTo(due) > 0 ? turn : due;
    }
}
