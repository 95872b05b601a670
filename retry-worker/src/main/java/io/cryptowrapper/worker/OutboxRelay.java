package io.cryptowrapper.worker;

import io.cryptowrapper.broker.NotConfirmedException;
import io.cryptowrapper.results.Outbox;
import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.results.WaitingLine;
import io.cryptowrapper.retryqueue.RetryMessage;
import io.cryptowrapper.retryqueue.RetryPublisher;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.RetryPolicy;
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

    /** After so long others get the thread: without the report of the backlog, this worker seems to be dead. */
    private static final Duration LONGEST_TURN = Duration.ofSeconds(2);

    /**
     * Of a message whose status is not known the API may have died before it recorded it; or it is slow, and will. So
     * it is kept for a minute at least.
     */
    private static final int LOOKS_AT_UNKNOWN = 12;

    private static final int MOST_UNKNOWN = 10_000;

    private final Outbox outbox;
    private final SignatureStore store;
    private final RetryPublisher publisher;
    private final WaitingLine line;
    private final RetryPolicy policy;
    private final Map<MessageId, Integer> unknown = new HashMap<>();

    OutboxRelay(Outbox outbox, SignatureStore store, RetryPublisher publisher, WaitingLine line, RetryPolicy policy) {
        this.outbox = outbox;
        this.store = store;
        this.publisher = publisher;
        this.line = line;
        this.policy = policy;
    }

    @Scheduled(fixedDelayString = "PT1S")
    void relay() {
        try {
            long end = System.nanoTime() + LONGEST_TURN.toNanos();
            while (System.nanoTime() < end) {
                List<Outbox.Entry> taken = outbox.takeOlderThan(OLD_ENOUGH);
                if (taken.isEmpty()) {
                    return;
                }
                relay(taken);
            }
        } catch (NotConfirmedException | DataAccessException e) {
            log.debug("The outbox waits: {}", e.getMessage());
        }
    }

    private void relay(List<Outbox.Entry> taken) {
        try {
            taken.forEach(this::relay);
        } catch (NotConfirmedException e) {
            taken.forEach(this::keep);
            throw e;
        }
    }

    /** The text of a message that is in no queue is in its status only, which may not end before the broker is back. */
    private void keep(Outbox.Entry entry) {
        store.find(entry.id())
                .filter(SigningStatus.Pending.class::isInstance)
                .ifPresent(pending -> store.record(entry.id(), pending));
    }

    private void relay(Outbox.Entry entry) {
        switch (store.find(entry.id()).orElse(null)) {
            case SigningStatus.Pending pending -> {
                publisher.publish(RetryMessage.of(pending), BROKER_PATIENCE);
                log.info("{}: queued from the outbox", entry.id());
                line.join(entry.id(), policy.delayBefore(pending.attempt()));
                // Removed after it is queued: a crash in between queues it twice, not never.
                remove(entry);
            }
            case SigningStatus.Signed signed -> settled(entry);
            case SigningStatus.Rejected rejected -> settled(entry);
            case null -> {
                if (unknown.size() > MOST_UNKNOWN) {
                    unknown.clear();
                }
                if (unknown.merge(entry.id(), 1, Integer::sum) > LOOKS_AT_UNKNOWN) {
                    log.warn("{}: leaves the outbox, as nothing is known of it", entry.id());
                    settled(entry);
                }
            }
        }
    }

    private void settled(Outbox.Entry entry) {
        line.leave(entry.id());
        remove(entry);
    }

    private void remove(Outbox.Entry entry) {
        outbox.remove(entry);
        unknown.remove(entry.id());
    }
}
