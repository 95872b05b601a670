package io.cryptowrapper.api;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Something that was taken, and is given back once, whoever closes this first. */
final class Lease implements AutoCloseable {

    private final AtomicReference<@Nullable Runnable> giveBack;

    Lease(Runnable giveBack) {
        this.giveBack = new AtomicReference<>(giveBack);
    }

    @Override
    public void close() {
        Runnable still = giveBack.getAndSet(null);
        if (still != null) {
            still.run();
        }
    }
}
