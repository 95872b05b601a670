package io.cryptowrapper.api;

import java.time.Duration;

/** The moment by which an answer is due. */
record Deadline(long nanos) {

    static Deadline in(Duration time) {
        return new Deadline(System.nanoTime() + time.toNanos());
    }

    /** The time that is left when {@code reserve} is kept for what comes after; not less than nothing. */
    Duration leaving(Duration reserve) {
        long left = nanos - System.nanoTime() - reserve.toNanos();
        return Duration.ofNanos(Math.max(0, left));
    }

    /** The time that is left, but at most {@code limit}. */
    Duration atMost(Duration limit) {
        Duration left = leaving(Duration.ZERO);
        return left.compareTo(limit) < 0 ? left : limit;
    }
}
