package io.cryptowrapper.simulator;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * An arrival at {@code /crypto/sign}, whatever became of it.
 *
 * @param at when it arrived, by the wall clock
 * @param nanos when it arrived, by the simulator's monotonic clock ({@link System#nanoTime()} unless a test set
 *     another)
 * @param message what was to be signed; empty if the call carried no readable message
 * @param status the status it was answered with; 0 if its connection was reset instead
 */
public record Call(Instant at, long nanos, String message, int status) {

    /** How many of {@code calls}, which are in order, arrived in that half-open window in which most did. */
    public static int mostInAnyWindow(List<Call> calls, Duration window) {
        int most = 0;
        int first = 0;
        for (int last = 0; last < calls.size(); last++) {
            while (calls.get(last).nanos - calls.get(first).nanos >= window.toNanos()) {
                first++;
            }
            most = Math.max(most, last - first + 1);
        }
        return most;
    }
}
