package io.cryptowrapper.api;

import jakarta.servlet.ServletRequest;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * How often one key may be used: so many times in a row, and what was used comes back evenly over a window.
 *
 * <p>It is in the memory of this process alone, so that it holds while Redis is away: of several instances, each has
 * its own.
 */
final class ClientQuota {

    private static final String ATTRIBUTE = ClientQuota.class.getName();
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

    /** The quota of a request's key; nothing where no client needs a key. */
    static Optional<ClientQuota> of(ServletRequest request) {
        return Optional.ofNullable((ClientQuota) request.getAttribute(ATTRIBUTE));
    }

    /** From now on this is the quota that the request is counted against. */
    void attachTo(ServletRequest request) {
        request.setAttribute(ATTRIBUTE, this);
    }

    /** How many requests there are in all. */
    int requests() {
        return requests;
    }

    /**
     * What became of requests.
     *
     * @param granted whether they may be made
     * @param rateLimit what is left now
     * @param untilEnough when as many may be made
     */
    record Taken(boolean granted, RateLimit rateLimit, Duration untilEnough) {}

    /** Takes one request, if one is left. */
    Taken take() {
        return take(1);
    }

    /** Takes so many requests, or none if fewer are left. */
    synchronized Taken take(int wanted) {
        long now = nanoClock.getAsLong();
        long owed = Math.max(0, wholeAt - now);
        long tooMuch = owed - interval * (requests - (long) wanted);
        boolean granted = tooMuch <= 0;
        if (granted) {
            owed += interval * wanted;
            wholeAt = now + owed;
        }
        long left = requests - Math.ceilDiv(owed, interval);
        long untilMore = owed - interval * (requests - left - 1);
        return new Taken(
                granted,
                new RateLimit(POLICY, requests, window, left, Duration.ofNanos(untilMore)),
                Duration.ofNanos(Math.max(0, tooMuch)));
    }
}
