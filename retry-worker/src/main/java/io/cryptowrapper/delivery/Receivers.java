package io.cryptowrapper.delivery;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * The places that each host's callbacks may take of this process's: a host that is slow takes all of its own, and the
 * others' go on.
 *
 * <p>Who finds none free waits for one, for a short time only, and not at all at a host that has shown to be slow.
 */
final class Receivers {

    static final int PLACES_OF_ONE = 3;

    /** A host that has kept all its places for so long is slow. */
    private static final long PATIENCE = Duration.ofMillis(500).toNanos();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition left = lock.newCondition();
    private final LongSupplier nanoClock;
    private final Map<String, Host> hosts = new HashMap<>();

    Receivers(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    private static final class Host {
        private int taken;
        private long fullSince;
    }

    /** Takes a place at a host, if one is free or soon will be. */
    boolean enter(String name) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            Host host = hosts.computeIfAbsent(name, anew -> new Host());
            while (host.taken == PLACES_OF_ONE) {
                long patience = host.fullSince + PATIENCE - nanoClock.getAsLong();
                if (patience <= 0) {
                    return false;
                }
                left.await(patience, TimeUnit.NANOSECONDS);
                // It may have been forgotten in between.
                host = hosts.computeIfAbsent(name, anew -> new Host());
            }
            host.taken++;
            if (host.taken == PLACES_OF_ONE) {
                host.fullSince = nanoClock.getAsLong();
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Gives a place back. */
    void leave(String name) {
        lock.lock();
        try {
            Host host = hosts.get(name);
            if (host != null) {
                host.taken--;
                if (host.taken == 0) {
                    hosts.remove(name);
                }
            }
            left.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
