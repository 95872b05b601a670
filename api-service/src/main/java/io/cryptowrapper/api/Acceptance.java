package io.cryptowrapper.api;

import io.cryptowrapper.broker.NotConfirmedException;
import io.cryptowrapper.ending.StatusRecorder;
import io.cryptowrapper.results.Outbox;
import io.cryptowrapper.retryqueue.RetryMessage;
import io.cryptowrapper.retryqueue.RetryPublisher;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.Obstacle;
import io.cryptowrapper.signing.SigningStatus;
import io.cryptowrapper.wiring.TroubleLog;
import java.time.Duration;
import java.time.Instant;
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
    private static final Duration BROKER_PATIENCE = Duration.ofMillis(200);

    private final TroubleLog broker = new TroubleLog(log, "RabbitMQ");
    private final RetryPublisher publisher;
    private final Outbox outbox;
    private final StatusRecorder recorder;
    private final Turns turns;
    private final Room room;
    private final Answers answers;

    Acceptance(
            RetryPublisher publisher, Outbox outbox, StatusRecorder recorder, Turns turns, Room room, Answers answers) {
        this.publisher = publisher;
        this.outbox = outbox;
        this.recorder = recorder;
        this.turns = turns;
        this.room = room;
        this.answers = answers;
    }

    /**
     * Sees to it that a new message could be accepted, before anything is done for it. One that was queued while Redis
     * took nothing has its place already.
     *
     * @throws NotAcceptedException if as many wait as may
     */
    void requireRoom(MessageId id) {
        if (!answers.isQueuedUnseen(id)) {
            room.require();
        }
    }

    /** Keeps what the upstream has said finally, and answers with it. */
    Answer settle(Message message, SigningStatus status, Deadline deadline) {
        MessageId id = message.id();
        try {
            return answers.of(id, recorder.record(id, status), deadline);
        } catch (DataAccessException redisIsDown) {
            // The client has its answer all the same; who asks for it again may cause another call.
            log.warn("{}: answered, but not stored, as Redis does not answer", id);
            return answers.of(id, status, deadline);
        }
    }

    /** Keeps what the upstream has said finally of a message that waits by now; its copy is dropped in its turn. */
    void settleLate(Message message, SigningStatus status) {
        MessageId id = message.id();
        try {
            recorder.record(id, status);
            turns.leave(id);
        } catch (DataAccessException redisIsDown) {
            log.warn("{}: a late answer could not be stored; the message is tried again in its turn", id);
        }
    }

    /**
     * Queues a message, then records that it waits, then answers. In this order, because a status without a queued copy
     * would be a promise that nobody keeps; a copy without a status is only tried once more.
     *
     * @throws NotAcceptedException if it can be neither queued nor stored
     */
    Answer accept(Message message, Failure failure, Deadline deadline) {
        SigningStatus.Pending pending = pending(message, failure);
        boolean queued = queue(pending, deadline);
        if (queued) {
            deadline.otherwise(new Answer.Pending(failure, turns.whenUnknown()));
        }
        try {
            if (!queued) {
                putInOutbox(message);
            }
            return record(pending, deadline);
        } catch (DataAccessException redisIsDown) {
            return unseen(message.id(), queued, failure);
        }
    }

    /**
     * Accepts a message whose claimant has vanished, or is late: by the outbox, where one entry serves all who do so at
     * the same time.
     *
     * @throws DataAccessException if Redis does not answer
     */
    Answer takeOver(Message message, Failure failure, Deadline deadline) {
        putInOutbox(message);
        return record(pending(message, failure), deadline);
    }

    /**
     * Accepts a message while Redis is down: nobody knows whether it is new, so it is queued, and not called.
     *
     * @throws NotAcceptedException if it cannot be queued, or as many wait as may
     */
    Answer acceptUnseen(Message message, Deadline deadline) {
        MessageId id = message.id();
        Failure failure = Failure.notCalled(Obstacle.QUOTA_UNKNOWN);
        // A client that polls does not fill the queue with copies.
        if (answers.isQueuedUnseen(id)) {
            return answers.queuedUnseen(id, failure);
        }
        room.requireUnseen();
        return unseen(id, queue(pending(message, failure), deadline), failure);
    }

    private Answer record(SigningStatus.Pending pending, Deadline deadline) {
        MessageId id = pending.message().id();
        SigningStatus stands = recorder.record(id, pending);
        if (stands.awaits(FIRST_ATTEMPT)) {
            turns.join(id, FIRST_ATTEMPT);
        }
        return answers.of(id, stands, deadline);
    }

    private Answer unseen(MessageId id, boolean queued, Failure failure) {
        if (!queued) {
            throw NotAcceptedException.unkept();
        }
        return answers.queuedUnseen(id, failure);
    }

    private boolean queue(SigningStatus.Pending pending, Deadline deadline) {
        try {
            publisher.publish(RetryMessage.of(pending), deadline.atMost(BROKER_PATIENCE));
            broker.worked();
            room.take();
            return true;
        } catch (NotConfirmedException e) {
            broker.failed("a message was not queued: " + e.getMessage());
            log.debug("{}: not queued yet", pending.message(), e);
            return false;
        }
    }

    private void putInOutbox(Message message) {
        outbox.add(message.id());
        room.take();
    }

    private static SigningStatus.Pending pending(Message message, Failure failure) {
        return new SigningStatus.Pending(
                message, failure, FIRST_ATTEMPT, Instant.now().truncatedTo(ChronoUnit.MILLIS));
    }
}
