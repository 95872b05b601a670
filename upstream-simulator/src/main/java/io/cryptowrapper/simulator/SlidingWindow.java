package io.cryptowrapper.simulator;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The limit on calls: at most so many are let through in any window of time. A call that is turned away counts for
 * nothing. Not thread-safe.
 */
final class SlidingWindow {

    private final int calls;
    private final long length;
    private final Deque<Long> letThrough = new ArrayDeque<>();

    SlidingWindow(int calls, Duration length) {
        this.calls = calls;
        this.length = length.toNanos();
    }

    /** Whether a call that arrives at {@code now} is let through. */
    boolean letsThrough(long now) {
        while (!letThrough.isEmpty() && now - letThrough.getFirst() >= length) {
            letThrough.removeFirst();
        }
        if (letThrough.size() >= calls) {
            return false;
        }
        letThrough.addLast(now);
        return true;
    }
}
