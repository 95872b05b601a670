package io.cryptowrapper.wiring;

import io.cryptowrapper.results.RedisKeys;
import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.retryqueue.RetryPublisher;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.upstream.UpstreamClient;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Component;

/**
 * Connects to Redis and RabbitMQ before the first request, and goes the ways of a look at a status, of a publish and of
 * a call: in a JVM that has just started, they take longer than a request may wait, most of all where many come at the
 * same time. Where one of them is not there yet, the start goes on without it.
 */
@Component
class WarmUp implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(WarmUp.class);

    private static final Duration LIMIT = Duration.ofSeconds(3);
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** So many at the same time in the end, each crowd twice as large as the one before. */
    private static final int LARGEST_CROWD = 32;

    /** Not virtual ones: each loads many classes. */
    private static final Executor THREADS = task -> Thread.ofPlatform().daemon().start(task);

    private static final MessageId NOBODYS = new Message("rehearsal").id();
    private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(100);

    /**
     * Between those that nobody waits for: a broker that refuses the password is not to be asked ten times a second.
     */
    private static final Duration BETWEEN_LATE_ATTEMPTS = Duration.ofSeconds(1);

    private final LettuceConnectionFactory redis;
    private final RedisKeys keys;
    private final RetryPublisher publisher;
    private final UpstreamClient upstream;
    private volatile boolean running;

    WarmUp(LettuceConnectionFactory redis, RedisKeys keys, RetryPublisher publisher, UpstreamClient upstream) {
        this.redis = redis;
        this.keys = keys;
        this.publisher = publisher;
        this.upstream = upstream;
    }

    @Override
    public void start() {
        running = true;
        CompletableFuture.allOf(
                        CompletableFuture.runAsync(() -> connect("Redis", this::rehearseRedis), THREADS),
                        // On its first connection the queues are declared.
                        CompletableFuture.runAsync(
                                () -> connect("RabbitMQ", () -> crowds(() -> publisher.probe(PATIENCE))), THREADS),
                        CompletableFuture.runAsync(upstream::rehearse, THREADS))
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

    /** By connections that have more time, and tell the log of no trouble: the first ones may well take too long. */
    private void rehearseRedis() {
        LettuceConnectionFactory patient = RedisConnections.patient(redis, PATIENCE);
        try {
            var template = new StringRedisTemplate(patient);
            var store = new SignatureStore(template, template, keys);
            crowds(() -> store.findKept(NOBODYS));
        } finally {
            patient.destroy();
        }
        try (RedisConnection connection = redis.getConnection()) {
            connection.commands().ping();
        }
    }

    /** Takes a step once, and then many times at once; for a start it is enough that the first time went well. */
    private static void crowds(Runnable step) {
        step.run();
        for (int size = 2; size <= LARGEST_CROWD; size *= 2) {
            CompletableFuture.allOf(Stream.generate(() -> CompletableFuture.runAsync(step, THREADS))
                            .limit(size)
                            .toArray(CompletableFuture<?>[]::new))
                    .exceptionally(error -> null)
                    .join();
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
