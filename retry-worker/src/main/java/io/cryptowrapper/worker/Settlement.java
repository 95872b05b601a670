package io.cryptowrapper.worker;

import io.cryptowrapper.ending.StatusRecorder;
import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.results.WaitingLine;
import io.cryptowrapper.retryqueue.Delivery;
import io.cryptowrapper.retryqueue.RetryMessage;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.RetryPolicy;
import io.cryptowrapper.signing.Signature;
import io.cryptowrapper.signing.SigningStatus;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/**
 * Settles a message after its attempt: first it is safe somewhere else, then the broker may forget this copy. A crash
 * in between leaves a copy too many, which is told apart by its attempt's number; the other order would leave none.
 */
@Component
class Settlement {

    private static final Logger log = LoggerFactory.getLogger(Settlement.class);

    private static final Duration BETWEEN_WRITES = Duration.ofMillis(500);

    private final SignatureStore store;
    private final StatusRecorder recorder;
    private final WaitingLine line;
    private final NextAttempt next;
    private final RetryPolicy policy;

    Settlement(SignatureStore store, StatusRecorder recorder, WaitingLine line, NextAttempt next, RetryPolicy policy) {
        this.store = store;
        this.recorder = recorder;
        this.line = line;
        this.next = next;
        this.policy = policy;
    }

    /**
     * Whether a copy is still to be tried: not if the message has been settled, by the API for example, whose first
     * call was answered late, and not if a later copy has replaced it. Where Redis knows nothing of it, the queue still
     * does.
     */
    boolean isAwaited(RetryMessage copy) {
        MessageId id = copy.message().id();
        SigningStatus status = store.find(id).orElse(null);
        if (status == null || status.awaits(copy.attempt())) {
            return true;
        }
        if (status.isFinal()) {
            line.leave(id);
            // Whoever recorded it may have died before it did this.
            recorder.callBack(id);
        }
        return false;
    }

    /** The message's attempt begins. */
    void turnBegins(RetryMessage message) {
        next.announce(message);
    }

    void signed(Delivery delivery, Signature signature) {
        finish(delivery, new SigningStatus.Signed(signature));
        log.info(
                "{}: signed at attempt {}",
                delivery.message().message(),
                delivery.message().attempt());
    }

    void rejected(Delivery delivery, Failure failure) {
        finish(delivery, new SigningStatus.Rejected(failure));
        log.info("{}: rejected by the upstream with {}", delivery.message().message(), failure.statusCode());
    }

    /**
     * Lets the message wait for its next attempt, or parks it when it is too old.
     *
     * @throws DataAccessException if neither the broker nor Redis takes it
     * @throws io.cryptowrapper.broker.NotConfirmedException if the broker does not take it into the parking queue
     */
    void failed(Delivery delivery, Failure failure) {
        RetryMessage tried = delivery.message();
        if (!isStillAwaited(tried)) {
            delivery.ack();
            return;
        }
        if (isTooOld(tried)) {
            delivery.copyToParking("given up after attempt " + tried.attempt());
            finish(delivery, new SigningStatus.Rejected(failure));
            log.warn("{}: parked, given up after attempt {}", tried.message(), tried.attempt());
            return;
        }
        var again = new RetryMessage(tried.message(), tried.attempt() + 1, tried.acceptedAt());
        // Before the status, which makes this copy stale: in the other order a crash in between could lose the message.
        boolean queued = next.schedule(again);
        try {
            recorder.record(
                    again.message().id(),
                    new SigningStatus.Pending(again.message(), failure, again.attempt(), again.acceptedAt()));
        } catch (DataAccessException e) {
            if (!queued) {
                throw e;
            }
            log.warn("{}: queued again, but its status is not written, as Redis does not answer", again.message());
        }
        delivery.ack();
        log.info("{}: attempt {} failed with {}", tried.message(), tried.attempt(), failure.statusCode());
    }

    /** By the clock of Redis: that of a worker may be wrong, and would park what has just been accepted. */
    private boolean isTooOld(RetryMessage tried) {
        try {
            return policy.givesUp(tried.acceptedAt(), store.time());
        } catch (DataAccessException e) {
            // It is asked again after the next attempt.
            return false;
        }
    }

    /** It may have been settled while it was tried; or another copy of it was tried at the same time. */
    private boolean isStillAwaited(RetryMessage tried) {
        try {
            return isAwaited(tried);
        } catch (DataAccessException e) {
            return true;
        }
    }

    private void finish(Delivery delivery, SigningStatus status) {
        untilWritten(delivery.message().message().id(), status);
        delivery.ack();
    }

    /** The upstream is never called again for an answer that is in hand: only the write is repeated. */
    private void untilWritten(MessageId id, SigningStatus status) {
        for (boolean told = false; ; told = true) {
            try {
                recorder.record(id, status);
                line.leave(id);
                return;
            } catch (DataAccessException e) {
                if (!told) {
                    log.warn("{}: its result is kept until Redis answers", id);
                }
            }
            try {
                Thread.sleep(BETWEEN_WRITES);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("stopped before the result was written", e);
            }
        }
    }
}
