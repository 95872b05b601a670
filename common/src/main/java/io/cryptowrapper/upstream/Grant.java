package io.cryptowrapper.upstream;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * The permission to call the upstream once, now.
 *
 * <p>It ages, because the budget is counted where calls arrive: one that is sent long after it was granted could arrive
 * in a window that is full already. Half of the quota's guard may pass until the request is sent, the other half is for
 * its way. A grant that is older by then is renewed, so that it counts from now; and so is one that turns out to be
 * older after the request has been sent, which is soon enough as long as the grant itself still counts, for a window.
 */
public final class Grant {

    /** For a minute, the usual window: what was granted a window ago counts no more. */
    private static final int LATE_RENEWALS = 120;

    private static final Duration BETWEEN_LATE_RENEWALS = Duration.ofMillis(500);

    private final LongSupplier nanoClock;
    private final Duration guard;
    private final BooleanSupplier renewal;
    private volatile long takenAt;

    /**
     * @param takenAt what {@code nanoClock} said before the grant was asked for
     * @param guard the time by which the quota keeps a window longer than asked
     * @param renewal lets the grant count from now; false if it cannot
     */
    Grant(LongSupplier nanoClock, long takenAt, Duration guard, BooleanSupplier renewal) {
        this.nanoClock = nanoClock;
        this.takenAt = takenAt;
        this.guard = guard;
        this.renewal = renewal;
    }

    /** For a call that leaves this process never. */
    static Grant forRehearsal() {
        return new Grant(System::nanoTime, System.nanoTime(), Duration.ofMinutes(1), () -> false);
    }

    /** Asked at the last moment before the request is sent; if it says no, nothing may be sent. */
    boolean allowsSending() {
        if (isOld()) {
            long asked = nanoClock.getAsLong();
            if (!renewal.getAsBoolean()) {
                return false;
            }
            takenAt = asked;
        }
        return !isOld();
    }

    /** Whether so much of the guard is over that a request which is sent now may arrive too late. */
    boolean isOld() {
        return nanoClock.getAsLong() - takenAt >= guard.toNanos() / 2;
    }

    /**
     * Lets a grant that has been used when it was old count from now: as soon as Redis takes it, which may be away for
     * this process only, and give grants to others.
     */
    void renewAfterUse() {
        try {
            for (int i = 0; i < LATE_RENEWALS && !renewal.getAsBoolean(); i++) {
                Thread.sleep(BETWEEN_LATE_RENEWALS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
