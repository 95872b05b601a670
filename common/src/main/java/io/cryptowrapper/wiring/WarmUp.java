package io.cryptowrapper.wiring;

import io.cryptowrapper.retryqueue.RetryPublisher;
import io.cryptowrapper.upstream.UpstreamClient;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Component;

/**
 * Connects to Redis and RabbitMQ before the first request, and goes the ways of a publish and of a call once: in a JVM
 * that has just started, they take longer than a request may wait. Where one of them is not there yet, the start goes
 * on without it.
 */
@Component
class WarmUp implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(WarmUp.class);

    private static final Duration LIMIT = Duration.ofSeconds(3);
    private static final Duration BROKER_PATIENCE = Duration.ofSeconds(2);
    private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(100);

    /**
     * Between those that nobody waits for: a broker that refuses the password is not to be asked ten times a second.
     */
    private static final Duration BETWEEN_LATE_ATTEMPTS = Duration.ofSeconds(1);

    private final StringRedisTemplate redis;
    private final RetryPublisher publisher;
    private final UpstreamClient upstream;
    private volatile boolean running;

    WarmUp(StringRedisTemplate redis, RetryPublisher publisher, UpstreamClient upstream) {
        this.redis = redis;
        this.publisher = publisher;
        this.upstream = upstream;
    }

    @Override
    public void start() {
        running = true;
        // Not virtual ones: each loads many classes.
        Executor threads = task -> Thread.ofPlatform().daemon().start(task);
        CompletableFuture.allOf(
                        CompletableFuture.runAsync(() -> connect("Redis", this::pingRedis), threads),
                        // On its first connection the queues are declared.
                        CompletableFuture.runAsync(
                                () -> connect("RabbitMQ", () -> publisher.probe(BROKER_PATIENCE)), threads),
                        CompletableFuture.runAsync(upstream::rehearse, threads))
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

    /** Not by the template, which tells the log of each trouble: a first connection may well take too long. */
    private void pingRedis() {
        try (RedisConnection connection = redis.getRequiredConnectionFactory().getConnection()) {
            connection.commands().ping();
        }
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
                    log.warn("{}; trying on. Is it running, and are its address, user and password right?", reason(e));
                    told = true;
                }
            }
            try {
                Thread.sleep(told ? BETWEEN_LATE_ATTEMPTS : BETWEEN_ATTEMPTS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private static String reason(RuntimeException e) {
        return e instanceof DataAccessException redisFailed
                ? "Redis: " + WatchedRedis.reason(redisFailed)
                : String.valueOf(e.getMessage());
    }
}
