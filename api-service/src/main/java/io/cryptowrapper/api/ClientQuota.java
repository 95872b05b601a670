package io.cryptowrapper.api;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How often one key may be used: so many times in a row, and what was used comes back evenly over a window.
 *
 * <p>It is in the memory of this process alone, so that it holds while Redis is away: of several instances, each has
 * its own.
 */
final class ClientQuota {

    private static final String POLICY = "client";

    private final int requests;
    private final Duration window;
    private final LongSupplier nanoClock;

    /** In which time one request comes back. */
    private final long interval;

    /** When all of them will have come back. */
    private long wholeAt;

    ClientQuota(int requests, Duration window, LongSupplier nanoClock) {
        this.requests = requests;
        this.window = window;
        this.nanoClock = nanoClock;
        this.interval = window.toNanos() / requests;
        this.wholeAt = nanoClock.getAsLong();
    }

    /**
     * What became of a request.
     *
     * @param granted whether it may be made
     * @param rateLimit what is left now
     */
    record Taken(boolean granted, RateLimit rateLimit) {}

    /** Takes one request, if one is left. */
    synchronized Taken take() {
        long now = nanoClock.getAsLong();
        long owed = Math.max(0, wholeAt - now);
        boolean granted = owed <= interval * (requests - 1L);
        if (granted) {
            owed += interval;
            wholeAt = now + owed;
        }
        long left = requests - Math.ceilDiv(owed, interval);
        long untilMore = owed - interval * (requests - left - 1);
        return new Taken(granted, new RateLimit(POLICY, requests, window, left, Duration.ofNanos(untilMore)));
    }
}
