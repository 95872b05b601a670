package io.cryptowrapper.api;

import io.cryptowrapper.results.Outbox;
import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.retryqueue.NotConfirmedException;
import io.cryptowrapper.retryqueue.RetryMessage;
import io.cryptowrapper.retryqueue.RetryPublisher;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.SigningStatus;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/**
 * The promise made to a client: before it is told that its message waits, the message is in the queue, or in the outbox
 * from which the workers put it there.
 */
@Component
class Acceptance {

    private static final Logger log = LoggerFactory.getLogger(Acceptance.class);

    private static final int FIRST_ATTEMPT = 1;

    /** How long the broker may take to confirm; after that the outbox is used. */
    private static final Duration BROKER_PATIENCE = Duration.ofMillis(250);

    private final RetryPublisher publisher;
    private final SignatureStore store;
    private final Outbox outbox;
    private final Turns turns;
    private final Memory memory;
    private final Clock clock;

    Acceptance(RetryPublisher publisher, SignatureStore store, Outbox outbox, Turns turns, Memory memory, Clock clock) {
        this.publisher = publisher;
        this.store = store;
        this.outbox = outbox;
        this.turns = turns;
        this.memory = memory;
        this.clock = clock;
    }

    /** The answer for what is known of a message. */
    Answer answer(MessageId id, SigningStatus status) {
        return switch (status) {
            case SigningStatus.Signed(var signature) -> {
                memory.remember(id, signature);
                yield new Answer.Signed(signature);
            }
            case SigningStatus.Pending pending -> new Answer.Pending(pending.last(), turns.untilTurnOf(id));
            case SigningStatus.Rejected(var last) -> new Answer.Rejected(last);
        };
    }

    /** Keeps what the upstream has said finally, and answers with it. */
    Answer settle(Message message, SigningStatus status) {
        MessageId id = message.id();
        try {
            return answer(id, store.record(id, status));
        } catch (DataAccessException redisIsDown) {
            // The client has its answer all the same; who asks for it again may cause another call.
            log.warn("{}: answered, but not stored, as Redis does not answer", id);
            return answer(id, status);
        }
    }

    /**
     * Queues a message, then records that it waits, then answers. In this order, because a status without a queued copy
     * would be a promise that nobody keeps; a copy without a status is only tried once more.
     *
     * @throws NotAcceptedException if it can be neither queued nor stored
     */
    Answer accept(Message message, Failure failure, Deadline deadline) {
        MessageId id = message.id();
        var pending = new SigningStatus.Pending(
                message, failure, FIRST_ATTEMPT, clock.instant().truncatedTo(ChronoUnit.MILLIS));
        boolean queued = queue(pending, deadline);
        try {
            if (!queued) {
                outbox.add(id);
            }
            SigningStatus stands = store.record(id, pending);
            turns.join(id, FIRST_ATTEMPT);
            return answer(id, stands);
        } catch (DataAccessException redisIsDown) {
            return unseen(id, queued, failure);
        }
    }

    /** Accepts a message while Redis is down: nobody knows whether it is new, so it is queued, and not called. */
    Answer acceptUnseen(Message message, Deadline deadline) {
        MessageId id = message.id();
        Failure failure = Failure.quotaUnknown();
        boolean queued = memory.isQueuedUnseen(id)
                || queue(
                        new SigningStatus.Pending(
                                message, failure, FIRST_ATTEMPT, clock.instant().truncatedTo(ChronoUnit.MILLIS)),
                        deadline);
        return unseen(id, queued, failure);
    }

    private Answer unseen(MessageId id, boolean queued, Failure failure) {
        if (!queued) {
            throw new NotAcceptedException();
        }
        memory.rememberQueuedUnseen(id);
        return new Answer.Pending(failure, turns.whenUnknown());
    }

    private boolean queue(SigningStatus.Pending pending, Deadline deadline) {
        try {
            publisher.publish(RetryMessage.of(pending), deadline.atMost(BROKER_PATIENCE));
            return true;
        } catch (NotConfirmedException e) {
            log.warn("{}: not queued yet, {}", pending.message(), e.getMessage());
            return false;
        }
    }
}
