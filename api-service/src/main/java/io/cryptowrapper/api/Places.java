package io.cryptowrapper.api;

import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.springframework.stereotype.Component;

/** The places for clients who stay: whose answers are held, or who follow a message. */
@Component
class Places {

    private final Semaphore free;

    Places(Capacity capacity) {
        this.free = new Semaphore(capacity.waits());
    }

    /** Takes a place, which is to be given back once; false if there is none. */
    boolean take() {
        return free.tryAcquire();
    }

    void giveBack() {
        free.release();
    }

    /** Takes so many places for one client; nothing if there are not as many. */
    Optional<Lease> lease(int places) {
        return free.tryAcquire(places) ? Optional.of(new Lease(() -> free.release(places))) : Optional.empty();
    }
}
