package io.cryptowrapper.upstream;

import java.time.Duration;

/**
 * The permission to call the upstream once, now.
 *
 * <p>It ages, because the budget is counted where calls arrive: one that is used late could arrive in a window that is
 * full already.
 */
public final class Grant {

    private final long takenAt;
    private final Duration usableFor;

    /**
     * @param takenAt a {@link System#nanoTime()} from before the grant was asked for
     * @param usableFor the quota's guard
     */
    Grant(long takenAt, Duration usableFor) {
        this.takenAt = takenAt;
        this.usableFor = usableFor;
    }

    /** Whether a call made now is inside the budget. */
    public boolean isFresh() {
        return System.nanoTime() - takenAt < usableFor.toNanos();
    }
}
