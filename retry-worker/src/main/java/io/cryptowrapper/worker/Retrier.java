package io.cryptowrapper.worker;

import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.results.WaitingLine;
import io.cryptowrapper.retryqueue.Delivery;
import io.cryptowrapper.retryqueue.RetryMessage;
import io.cryptowrapper.retryqueue.WorkQueue;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.SigningStatus;
import io.cryptowrapper.upstream.Grant;
import io.cryptowrapper.upstream.UpstreamQuota;
import java.time.Duration;
import java.util.Optional;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/**
 * Retries one message: something due? → take a grant → fetch the message → skip what needs no call → {@link Attempt}.
 *
 * <p>The grant comes before the message, so that no worker holds a message while it waits for the budget. All workers
 * may ask; the quota lets one of them through each period, and that one takes the head of the queue.
 */
@Component
class Retrier {

    /** How soon a message that has become due is noticed. */
    private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

    /** A wait is cut into pieces, each of which renews the reservation for the messages that are due. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(1);

    private final WorkQueue queue;
    private final UpstreamQuota quota;
    private final SignatureStore store;
    private final WaitingLine line;
    private final Attempt attempt;

    Retrier(WorkQueue queue, UpstreamQuota quota, SignatureStore store, WaitingLine line, Attempt attempt) {
        this.queue = queue;
        this.quota = quota;
        this.store = store;
        this.line = line;
        this.attempt = attempt;
    }

    /**
     * Takes one turn.
     *
     * @return how long to wait before the next one
     * @throws org.springframework.amqp.AmqpException if the broker does not answer
     * @throws DataAccessException if Redis does not answer
     */
    Duration turn() {
        if (!attempt.hasRoom() || !queue.hasDue()) {
            return LOOK_AGAIN;
        }
        return switch (quota.takeForRetry()) {
            case UpstreamQuota.Answer.Wait(Duration time) -> time.compareTo(LONGEST_WAIT) < 0 ? time : LONGEST_WAIT;
            case UpstreamQuota.Answer.Granted(Grant grant) -> {
                use(grant);
                yield Duration.ZERO;
            }
        };
    }

    private void use(Grant grant) {
        while (grant.isFresh()) {
            Optional<Delivery> next = queue.take();
            if (next.isEmpty()) {
                return;
            }
            Delivery delivery = next.get();
            try {
                if (needsNoCall(delivery.message())) {
                    delivery.ack();
                    continue;
                }
            } catch (DataAccessException redisIsDown) {
                delivery.handBack();
                throw redisIsDown;
            }
            attempt.start(grant, delivery);
            return;
        }
    }

    /** A copy that is settled, or that a later one has replaced, gives its turn to the next message. */
    private boolean needsNoCall(RetryMessage message) {
        MessageId id = message.message().id();
        return switch (store.find(id).orElse(null)) {
            // By the API, whose first call was answered late.
            case SigningStatus.Signed signed -> settled(id);
            case SigningStatus.Rejected rejected -> settled(id);
            case SigningStatus.Pending pending -> message.attempt() < pending.attempt();
            // Redis knows nothing of it, but the queue does.
            case null -> false;
        };
    }

    private boolean settled(MessageId id) {
        line.leave(id);
        return true;
    }
}
