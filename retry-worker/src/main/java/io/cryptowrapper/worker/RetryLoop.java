package io.cryptowrapper.worker;

import io.cryptowrapper.broker.NotConfirmedException;
import io.cryptowrapper.retryqueue.WorkQueue;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpException;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/** Takes one turn after the other until the worker stops. */
@Component
class RetryLoop implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(RetryLoop.class);

    private static final Duration PAUSE_IN_TROUBLE = Duration.ofSeconds(1);

    /** Less than the shutdown phase: what has not ended by then is handed back. */
    private static final Duration GRACE = Duration.ofSeconds(4);

    private final Retrier retrier;
    private final Attempt attempt;
    private final WorkQueue queue;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private @Nullable Thread thread;
    private @Nullable String trouble;

    RetryLoop(Retrier retrier, Attempt attempt, WorkQueue queue) {
        this.retrier = retrier;
        this.attempt = attempt;
        this.queue = queue;
    }

    @Override
    public void start() {
        thread = Thread.ofPlatform().name("retry-loop").start(this::run);
        log.info("The worker is up");
    }

    @Override
    public void stop() {
        stopping.countDown();
        long deadline = System.nanoTime() + GRACE.toNanos();
        try {
            if (thread != null) {
                thread.join(GRACE);
            }
            if (!attempt.awaitEnd(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())))) {
                log.info("Attempts still under way are handed back");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        // The broker gives what is not settled to the other workers.
        queue.close();
        attempt.abandon();
        thread = null;
    }

    @Override
    public boolean isRunning() {
        return thread != null;
    }

    private void run() {
        try {
            while (!stopping.await(safeTurn().toNanos(), TimeUnit.NANOSECONDS)) {
                // The next turn.
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Duration safeTurn() {
        try {
            Duration pause = retrier.turn();
            report(null);
            return pause;
        } catch (AmqpException e) {
            report(e.getMessage());
        } catch (NotConfirmedException e) {
            report(e.getMessage());
        } catch (DataAccessException e) {
            report("Redis has a problem");
        } catch (RuntimeException | Error e) {
            // An error too: a loop that has ended in silence would look like an upstream that never signs.
            log.error("A turn failed in a way that was not foreseen", e);
        }
        return PAUSE_IN_TROUBLE;
    }

    /** One line when trouble begins or ends, not one a second. */
    private void report(@Nullable String now) {
        if (now != null && !now.equals(trouble)) {
            log.warn("{}; retries pause", now);
        } else if (now == null && trouble != null) {
            log.info("Retries go on");
        }
        trouble = now;
    }
}
