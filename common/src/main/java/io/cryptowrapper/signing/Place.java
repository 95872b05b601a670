package io.cryptowrapper.signing;

import java.time.Duration;

/**
 * Where a message stands among those that wait, in the order in which their delays end.
 *
 * @param ahead how many have their turn before
 * @param due how long its own delay still lasts
 * @param notDueAhead how many of those ahead have a delay that still lasts
 * @param firstDue how long the shortest of these delays still lasts, its own included
 */
public record Place(long ahead, Duration due, long notDueAhead, Duration firstDue) {

    /** The place behind {@code ahead} others when nothing else is known. */
    public static Place behind(long ahead) {
        return new Place(ahead, Duration.ZERO, 0, Duration.ZERO);
    }
}
