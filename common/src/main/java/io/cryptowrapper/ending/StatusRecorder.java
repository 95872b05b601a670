package io.cryptowrapper.ending;

import io.cryptowrapper.broker.NotConfirmedException;
import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.SigningStatus;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/**
 * Records what becomes of messages; when one has ended, it lets those be called back who asked for it.
 *
 * <p>Who asks notes the callback first, and looks at the status then; here the status comes first, and the callbacks
 * then. So one of both sees the other. Nobody waits for callbacks: what fails here, the workers do later.
 */
public class StatusRecorder implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(StatusRecorder.class);

    /** More at the same time are left to the workers. */
    private static final int MOST_AT_ONCE = 1000;

    private static final Duration TIME_TO_END = Duration.ofSeconds(2);

    private final SignatureStore store;
    private final CallbackRelease callbacks;
    private final boolean enabled;
    private final Semaphore places = new Semaphore(MOST_AT_ONCE);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    /** @param enabled whether there are callbacks at all */
    public StatusRecorder(SignatureStore store, CallbackRelease callbacks, boolean enabled) {
        this.store = store;
        this.callbacks = callbacks;
        this.enabled = enabled;
    }

    /**
     * Records a status, as {@link SignatureStore#record} does.
     *
     * @return what is known of the message now
     */
    public SigningStatus record(MessageId id, SigningStatus status) {
        SigningStatus stands = store.record(id, status);
        if (stands.isFinal()) {
            callBack(id);
        }
        return stands;
    }

    /** Hands the callbacks of a message that has ended over to the broker, soon. */
    public void callBack(MessageId id) {
        if (!enabled || !places.tryAcquire()) {
            return;
        }
        try {
            threads.execute(() -> {
                try {
                    callbacks.release(id);
                } catch (NotConfirmedException | DataAccessException e) {
                    log.info("{}: its callbacks are made later, {}", id, e.getMessage());
                } catch (RuntimeException e) {
                    log.error("{}: its callbacks failed in a way that was not foreseen", id, e);
                } finally {
                    places.release();
                }
            });
        } catch (RejectedExecutionException thisProcessIsAboutToEnd) {
            places.release();
        }
    }

    /** Gives those under way the time to end. */
    @Override
    public void close() {
        threads.shutdown();
        try {
            if (threads.awaitTermination(TIME_TO_END.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        threads.shutdownNow();
    }
}
