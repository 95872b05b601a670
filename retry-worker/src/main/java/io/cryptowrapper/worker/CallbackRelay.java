package io.cryptowrapper.worker;

import io.cryptowrapper.broker.NotConfirmedException;
import io.cryptowrapper.ending.CallbackRelease;
import io.cryptowrapper.results.CallbackLooks.Look;
import io.cryptowrapper.settings.CryptoSettings;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * Makes the callbacks that nobody has made: whoever recorded the end of their message died, or had lost the broker.
 * Every worker does.
 */
@Component
class CallbackRelay {

    private static final Logger log = LoggerFactory.getLogger(CallbackRelay.class);

    /** After so long others get the thread. */
    private static final Duration LONGEST_TURN = Duration.ofSeconds(2);

    private final CallbackRelease callbacks;
    private final boolean enabled;

    CallbackRelay(CallbackRelease callbacks, CryptoSettings settings) {
        this.callbacks = callbacks;
        this.enabled = settings.callbacks().enabled();
    }

    @Scheduled(fixedDelayString = "PT1S")
    void relay() {
        if (!enabled) {
            return;
        }
        try {
            long end = System.nanoTime() + LONGEST_TURN.toNanos();
            List<Look> due = callbacks.due();
            while (!due.isEmpty()) {
                for (Look look : due) {
                    if (System.nanoTime() >= end) {
                        // The others come again in some seconds.
                        return;
                    }
                    release(look);
                }
                due = callbacks.due();
            }
        } catch (NotConfirmedException | DataAccessException e) {
            log.debug("Callbacks wait: {}", e.getMessage());
        }
    }

    private void release(Look look) {
        try {
            callbacks.release(look);
        } catch (NotConfirmedException | DataAccessException e) {
            throw e;
        } catch (RuntimeException e) {
            // Those behind it are not to wait for it.
            log.error("The callbacks of {} cannot be made", look, e);
        }
    }
}
