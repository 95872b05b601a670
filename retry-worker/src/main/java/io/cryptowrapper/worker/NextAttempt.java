package io.cryptowrapper.worker;

import io.cryptowrapper.broker.NotConfirmedException;
import io.cryptowrapper.results.Outbox;
import io.cryptowrapper.results.WaitingLine;
import io.cryptowrapper.retryqueue.RetryMessage;
import io.cryptowrapper.retryqueue.RetryPublisher;
import io.cryptowrapper.signing.RetryPolicy;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/** Lets a message wait for its next attempt: in the queue, or where that takes none, in the outbox. */
@Component
class NextAttempt {

    private static final Logger log = LoggerFactory.getLogger(NextAttempt.class);

    private static final Duration BROKER_PATIENCE = Duration.ofSeconds(5);

    private final RetryPublisher publisher;
    private final Outbox outbox;
    private final WaitingLine line;
    private final RetryPolicy policy;

    NextAttempt(RetryPublisher publisher, Outbox outbox, WaitingLine line, RetryPolicy policy) {
        this.publisher = publisher;
        this.outbox = outbox;
        this.line = line;
        this.policy = policy;
    }

    /** The message goes to the end of the line now: if this attempt fails, that is where it will be. */
    void announce(RetryMessage tried) {
        joinLine(tried, tried.attempt() + 1);
    }

    /**
     * Queues a message.
     *
     * @return whether it is in the queue; else it is noted in the outbox, and queued from there when its status is
     *     recorded
     * @throws DataAccessException if neither took it
     */
    boolean schedule(RetryMessage next) {
        boolean queued = isQueued(next);
        if (!queued) {
            // A queue that is full, or a broker short of memory, still lets others be fetched: handed back, this one
            // would stand at the head again, and be called instead of all others.
            outbox.add(next.message().id());
        }
        // Once more: its delay begins only now, after the call.
        joinLine(next, next.attempt());
        return queued;
    }

    private boolean isQueued(RetryMessage next) {
        try {
            publisher.publish(next, BROKER_PATIENCE);
            return true;
        } catch (NotConfirmedException e) {
            log.warn("{}: kept in the outbox, {}", next.message(), e.getMessage());
            return false;
        }
    }

    private void joinLine(RetryMessage message, int attempt) {
        try {
            line.join(message.message().id(), policy.delayBefore(attempt));
        } catch (DataAccessException e) {
            log.debug("The line is only for estimates", e);
        }
    }
}
