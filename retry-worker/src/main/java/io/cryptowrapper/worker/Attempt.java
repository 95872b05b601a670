package io.cryptowrapper.worker;

import io.cryptowrapper.broker.NotConfirmedException;
import io.cryptowrapper.retryqueue.Delivery;
import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.UpstreamOutcome;
import io.cryptowrapper.upstream.Grant;
import io.cryptowrapper.upstream.UpstreamClient;
import io.cryptowrapper.upstream.UpstreamQuota;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpException;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/**
 * Calls the upstream for one fetched message and settles it by the outcome.
 *
 * <p>Each attempt has a thread of its own, so that an upstream that takes longer than a period does not slow down the
 * messages behind.
 */
@Component
class Attempt {

    private static final Logger log = LoggerFactory.getLogger(Attempt.class);

    private static final int MOST_AT_ONCE = 256;

    private final UpstreamClient upstream;
    private final UpstreamQuota quota;
    private final Settlement settlement;
    private final Duration timeout;
    private final Semaphore room = new Semaphore(MOST_AT_ONCE);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    Attempt(UpstreamClient upstream, UpstreamQuota quota, Settlement settlement, CryptoSettings settings) {
        this.upstream = upstream;
        this.quota = quota;
        this.settlement = settlement;
        this.timeout = settings.retry().timeout();
    }

    /** Whether another attempt may be started. */
    boolean hasRoom() {
        return room.availablePermits() > 0 && upstream.hasRoom();
    }

    /** Starts the attempt and returns; the message is settled when it ends. */
    void start(Grant grant, Delivery delivery) {
        room.acquireUninterruptibly();
        threads.execute(() -> {
            try {
                run(grant, delivery);
            } finally {
                room.release();
            }
        });
    }

    /**
     * Waits for the attempts under way.
     *
     * @return whether all came to their end in time
     */
    boolean awaitEnd(Duration most) throws InterruptedException {
        boolean ended = room.tryAcquire(MOST_AT_ONCE, most.toMillis(), TimeUnit.MILLISECONDS);
        if (ended) {
            room.release(MOST_AT_ONCE);
        }
        return ended;
    }

    /** Lets the attempts that are still under way end without settling anything: somebody else has their messages. */
    void abandon() {
        threads.shutdownNow();
    }

    private void run(Grant grant, Delivery delivery) {
        try {
            settlement.turnBegins(delivery.message());
            UpstreamOutcome outcome =
                    upstream.call(grant, delivery.message().message(), timeout).get();
            quota.heed(outcome);
            settle(delivery, outcome);
        } catch (InterruptedException e) {
            // The worker stops, and the broker has it back already.
            Thread.currentThread().interrupt();
        } catch (NotConfirmedException | DataAccessException e) {
            log.warn("{}: handed back, {}", delivery.message().message(), e.getMessage());
            handBack(delivery);
        } catch (AmqpException e) {
            comesAgain(delivery);
        } catch (ExecutionException | RuntimeException | Error e) {
            if (!threads.isShutdown()) {
                log.error(
                        "{}: an error that was not foreseen", delivery.message().message(), e);
                failInstead(delivery);
            }
        }
    }

    private void settle(Delivery delivery, UpstreamOutcome outcome) {
        switch (outcome) {
            case UpstreamOutcome.Signed(var signature) -> settlement.signed(delivery, signature);
            case UpstreamOutcome.Rejected(var failure) -> settlement.rejected(delivery, failure);
            case UpstreamOutcome.Failed(var failure, var retryAfter) -> settlement.failed(delivery, failure);
            case UpstreamOutcome.KeyRefused(var failure) -> settlement.failed(delivery, failure);
            case UpstreamOutcome.NotCalled(var why) -> delivery.handBack();
        }
    }

    /** Handed back it would stand at the head again, and in the way of all others. */
    private void failInstead(Delivery delivery) {
        try {
            settlement.failed(delivery, Failure.unforeseen());
        } catch (RuntimeException e) {
            handBack(delivery);
        }
    }

    private static void handBack(Delivery delivery) {
        try {
            delivery.handBack();
        } catch (AmqpException e) {
            comesAgain(delivery);
        }
    }

    /** What was taken over a lost connection is back in the queue; the copy that comes again is told apart. */
    private static void comesAgain(Delivery delivery) {
        log.warn(
                "{}: the broker was lost before it was settled; it comes again",
                delivery.message().message());
    }
}
