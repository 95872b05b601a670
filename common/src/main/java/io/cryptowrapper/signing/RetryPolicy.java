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
     * How long it is until a message will be tried: not before its own delay is over, not before those ahead that are
     * not due yet have had their turns, and not before the budget allows it.
     *
     * @param untilRetry the time until the budget allows the retry that comes after all those ahead
     */
    public Duration untilTurn(Place place, Duration untilRetry) {
        Duration fromFirstDue = place.firstDue().plus(pace.multipliedBy(place.notDueAhead()));
        return longest(place.due(), longest(untilRetry, fromFirstDue));
    }

    private static Duration longest(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }
}
