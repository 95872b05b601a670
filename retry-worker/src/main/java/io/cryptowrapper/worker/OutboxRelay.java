package io.cryptowrapper.worker;

import io.cryptowrapper.results.Outbox;
import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.retryqueue.NotConfirmedException;
import io.cryptowrapper.retryqueue.RetryMessage;
import io.cryptowrapper.retryqueue.RetryPublisher;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.SigningStatus;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/** Queues the messages that were accepted while the broker confirmed nothing. Every worker does. */
@Component
class OutboxRelay {

    private static final Logger log = LoggerFactory.getLogger(OutboxRelay.class);

    /** Younger ones may still be confirmed. */
    private static final Duration OLD_ENOUGH = Duration.ofSeconds(5);

    private static final Duration BROKER_PATIENCE = Duration.ofSeconds(2);

    /**
     * Of a message whose status is not known the API may have died before it recorded it; or it is slow, and will. So
     * it is kept for a minute.
     */
    private static final int LOOKS_AT_UNKNOWN = 12;

    private final Outbox outbox;
    private final SignatureStore store;
    private final RetryPublisher publisher;
    private final Map<MessageId, Integer> unknown = new HashMap<>();

    OutboxRelay(Outbox outbox, SignatureStore store, RetryPublisher publisher) {
        this.outbox = outbox;
        this.store = store;
        this.publisher = publisher;
    }

    @Scheduled(fixedDelayString = "PT1S")
    void relay() {
        try {
            List<MessageId> taken = outbox.takeOlderThan(OLD_ENOUGH);
            while (!taken.isEmpty()) {
                taken.forEach(this::relay);
                taken = outbox.takeOlderThan(OLD_ENOUGH);
            }
        } catch (NotConfirmedException | DataAccessException e) {
            log.debug("The outbox waits: {}", e.getMessage());
        }
    }

    private void relay(MessageId id) {
        switch (store.find(id).orElse(null)) {
            case SigningStatus.Pending pending -> {
                publisher.publish(RetryMessage.of(pending), BROKER_PATIENCE);
                log.info("{}: queued from the outbox", id);
                // Removed after it is queued: a crash in between queues it twice, not never.
                remove(id);
            }
            case SigningStatus.Signed signed -> remove(id);
            case SigningStatus.Rejected rejected -> remove(id);
            case null -> {
                if (unknown.merge(id, 1, Integer::sum) > LOOKS_AT_UNKNOWN) {
                    remove(id);
                }
            }
        }
    }

    private void remove(MessageId id) {
        outbox.remove(id);
        unknown.remove(id);
    }
}
