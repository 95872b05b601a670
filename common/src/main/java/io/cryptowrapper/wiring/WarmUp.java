package io.cryptowrapper.wiring;

import io.cryptowrapper.retryqueue.RetryPublisher;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Component;

/**
 * Connects to Redis and RabbitMQ before the first request, and goes the way of a publish once: in a JVM that has just
 * started, that takes longer than a request may wait. Where one of them is not there yet, the start goes on without it.
 */
@Component
class WarmUp implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(WarmUp.class);

    private static final Duration LIMIT = Duration.ofSeconds(3);
    private static final Duration BROKER_PATIENCE = Duration.ofSeconds(2);
    private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(100);

    private final StringRedisTemplate redis;
    private final RetryPublisher publisher;
    private volatile boolean running;

    WarmUp(StringRedisTemplate redis, RetryPublisher publisher) {
        this.redis = redis;
        this.publisher = publisher;
    }

    @Override
    public void start() {
        running = true;
        Executor threads = task -> Thread.ofVirtual().start(task);
        CompletableFuture.allOf(
                        CompletableFuture.runAsync(
                                () -> connect("Redis", () -> redis.execute(RedisConnection::ping)), threads),
                        // On its first connection the queues are declared.
                        CompletableFuture.runAsync(
                                () -> connect("RabbitMQ", () -> publisher.probe(BROKER_PATIENCE)), threads))
                .completeOnTimeout(null, LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                .join();
    }

    @Override
    public void stop() {
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Before the web server and the worker's loop. */
    @Override
    public int getPhase() {
        return 0;
    }

    private void connect(String server, Runnable connection) {
        long patience = System.nanoTime() + LIMIT.toNanos();
        boolean told = false;
        while (running) {
            try {
                connection.run();
                if (told) {
                    log.info("{} is there", server);
                }
                return;
            } catch (RuntimeException e) {
                if (!told && System.nanoTime() > patience) {
                    log.warn(
                            "{} does not answer: is it running, and are its address and password right? Trying on.",
                            server);
                    told = true;
                }
            }
            try {
                Thread.sleep(BETWEEN_ATTEMPTS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }
}
