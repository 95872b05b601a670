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
 * older after the request has been sent, which is soon enough for all windows that it is in.
 */
public final class Grant {

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
        long half = guard.toNanos() / 2;
        if (ageInNanos() >= half) {
            long asked = nanoClock.getAsLong();
            if (!renewal.getAsBoolean()) {
                return false;
            }
            takenAt = asked;
        }
        return ageInNanos() < half;
    }

    /** Told when the request has been sent. */
    void hasBeenUsed() {
        if (ageInNanos() >= guard.toNanos() / 2) {
            // If it cannot be, as Redis does not answer, there are no other grants either for a while.
            var _ = renewal.getAsBoolean();
        }
    }

    private long ageInNanos() {
        return nanoClock.getAsLong() - takenAt;
    }
}
