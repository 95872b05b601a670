package io.cryptowrapper.faults;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * When this process stood still, as on a machine that has too much to do. It takes the times of arrivals, and what
 * arrived meanwhile seems to have come all at once.
 */
final class Stalls implements AutoCloseable {

    private static final long LOOK_AGAIN = Duration.ofMillis(5).toNanos();
    private static final long WORTH_NOTING = Duration.ofMillis(20).toNanos();

    private final Queue<Stall> stalls = new ConcurrentLinkedQueue<>();
    private final Thread watcher = Thread.ofPlatform().daemon().name("stalls").start(this::watch);

    private record Stall(long from, long until) {}

    /** The longest one that touches a time, which is told by the clock of nanoseconds. */
    Duration longest(long from, long until) {
        return Duration.ofNanos(stalls.stream()
                .filter(stall -> stall.until() >= from && stall.from() <= until)
                .mapToLong(stall -> stall.until() - stall.from())
                .max()
                .orElse(0));
    }

    @Override
    public void close() {
        watcher.interrupt();
    }

    private void watch() {
        long before = System.nanoTime();
        while (!Thread.interrupted()) {
            LockSupport.parkNanos(LOOK_AGAIN);
            long now = System.nanoTime();
            if (now - before > LOOK_AGAIN + WORTH_NOTING) {
                stalls.add(new Stall(before, now));
            }
            before = now;
        }
    }
}
