package io.cryptowrapper.testing;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** A time that stands still until it is moved. */
public final class SettableClock {

    private final AtomicLong nanos;

    /** Starts at {@code start} nanoseconds. */
    public SettableClock(long start) {
        nanos = new AtomicLong(start);
    }

    public long nanos() {
        return nanos.get();
    }

    public long millis() {
        return nanos.get() / 1_000_000;
    }

    /** Moves it, back if {@code time} is negative. */
    public void advance(Duration time) {
        nanos.addAndGet(time.toNanos());
    }
}
