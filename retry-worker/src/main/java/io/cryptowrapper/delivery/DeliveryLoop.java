package io.cryptowrapper.delivery;

import io.cryptowrapper.callbacks.CallbackQueue;
import io.cryptowrapper.callbacks.TakenCallback;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Phaser;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpException;
import org.springframework.context.SmartLifecycle;

/** Stays subscribed to the callbacks until the worker stops, and gives each one a thread of its own. */
final class DeliveryLoop implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(DeliveryLoop.class);

    private static final Duration LOOK_AGAIN = Duration.ofMillis(500);

    /** Less than the shutdown phase: what has not ended by then is given back. */
    private static final Duration GRACE = Duration.ofSeconds(4);

    private final CallbackQueue queue;
    private final Courier courier;
    private final boolean enabled;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    /** Of the callbacks that are worked on, and of the loop itself. */
    private final Phaser underWay = new Phaser(1);

    private @Nullable Thread thread;
    private volatile boolean running;
    private @Nullable String trouble;

    /** @param enabled without secrets callbacks cannot be signed, and stay in the queue */
    DeliveryLoop(CallbackQueue queue, Courier courier, boolean enabled) {
        this.queue = queue;
        this.courier = courier;
        this.enabled = enabled;
    }

    @Override
    public void start() {
        running = true;
        if (enabled) {
            thread = Thread.ofPlatform().name("delivery-loop").start(this::run);
        }
    }

    /** At the same time as the others of its phase, whose time would not be enough for one after the other. */
    @Override
    public void stop(Runnable callback) {
        Thread.ofPlatform().name("stop-deliveries").start(() -> {
            try {
                stop();
            } finally {
                callback.run();
            }
        });
    }

    @Override
    public void stop() {
        stopping.countDown();
        try {
            if (thread != null) {
                thread.join(GRACE);
            }
            queue.unsubscribe();
            underWay.awaitAdvanceInterruptibly(underWay.arriveAndDeregister(), GRACE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            log.info("Callbacks still under way are given back");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        queue.close();
        threads.shutdownNow();
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    private void run() {
        try {
            do {
                subscribe();
            } while (!stopping.await(LOOK_AGAIN.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void subscribe() {
        if (queue.isSubscribed()) {
            return;
        }
        try {
            queue.subscribe(this::take);
            report(null);
        } catch (AmqpException e) {
            report(e.getMessage());
        } catch (RuntimeException | Error e) {
            // An error too: nobody would notice a loop that has ended in silence.
            log.error("Callbacks cannot be asked for", e);
        }
    }

    private void take(TakenCallback taken) {
        underWay.register();
        try {
            threads.execute(() -> {
                try {
                    deliver(taken);
                } finally {
                    underWay.arriveAndDeregister();
                }
            });
        } catch (RejectedExecutionException stopped) {
            underWay.arriveAndDeregister();
        }
    }

    private void deliver(TakenCallback taken) {
        try {
            courier.deliver(taken);
        } catch (InterruptedException e) {
            // The worker stops, and the broker gives it to another one.
            Thread.currentThread().interrupt();
        } catch (AmqpException e) {
            log.debug("A callback comes again: {}", e.getMessage());
        } catch (RuntimeException | Error e) {
            log.error("A callback failed in a way that was not foreseen; it comes again when this worker stops", e);
        }
    }

    /** One line when trouble begins or ends, not two a second. */
    private void report(@Nullable String now) {
        if (now != null && !now.equals(trouble)) {
            log.warn("{}; callbacks pause", now);
        } else if (now == null && trouble != null) {
            log.info("Callbacks go on");
        }
        trouble = now;
    }
}
