package io.cryptowrapper.worker;

import io.cryptowrapper.retryqueue.Delivery;
import io.cryptowrapper.retryqueue.WorkQueue;
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

    /** So many copies that need no call are dropped in one turn; then a worker that is to stop can do so. */
    private static final int MOST_LOOKED_AT = 1000;

    private final WorkQueue queue;
    private final UpstreamQuota quota;
    private final Settlement settlement;
    private final Attempt attempt;

    Retrier(WorkQueue queue, UpstreamQuota quota, Settlement settlement, Attempt attempt) {
        this.queue = queue;
        this.quota = quota;
        this.settlement = settlement;
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
            case UpstreamQuota.Permission.Wait(Duration time) -> time.compareTo(LONGEST_WAIT) < 0 ? time : LONGEST_WAIT;
            case UpstreamQuota.Permission.Granted(Grant grant) -> {
                use(grant);
                yield Duration.ZERO;
            }
        };
    }

    private void use(Grant grant) {
        for (int looked = 0; looked < MOST_LOOKED_AT; looked++) {
            Optional<Delivery> next = queue.take();
            if (next.isEmpty()) {
                return;
            }
            Delivery delivery = next.get();
            if (isToBeTried(delivery)) {
                attempt.start(grant, delivery);
                return;
            }
            // It gives its turn to the next one.
            delivery.ack();
        }
    }

    private boolean isToBeTried(Delivery delivery) {
        try {
            return settlement.isAwaited(delivery.message());
        } catch (DataAccessException redisIsDown) {
            delivery.handBack();
            throw redisIsDown;
        }
    }
}
