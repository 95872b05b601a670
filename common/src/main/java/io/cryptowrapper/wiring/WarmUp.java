package io.cryptowrapper.wiring;

import io.cryptowrapper.results.RedisKeys;
import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.retryqueue.RetryPublisher;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.upstream.UpstreamClient;
import io.cryptowrapper.upstream.UpstreamQuota;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.SmartLifecycle;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Component;

/**
 * Connects to Redis and RabbitMQ before the first request, and goes the ways of a look at a status, of a permission to
 * call, of a publish and of a call: in a JVM that has just started, they take longer than a request may wait, most of
 * all where many come at the same time. Where one of them is not there yet, the start goes on without it.
 */
@Component
class WarmUp implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(WarmUp.class);

    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** For a start, when there are connections, and the crowds that go over them do not come to an end. */
    private static final Duration LIMIT = Duration.ofSeconds(15);

    /** So many at the same time in the end, each crowd twice as large as the one before. */
    private static final int LARGEST_CROWD = 32;

    /** Not virtual ones: each loads many classes. */
    private static final Executor THREADS = task -> Thread.ofPlatform().daemon().start(task);

    private static final MessageId NOBODYS = new Message("rehearsal").id();

    private final LettuceConnectionFactory redis;
    private final StringRedisTemplate replicated;
    private final RedisKeys keys;
    private final UpstreamQuota quota;
    private final RetryPublisher publisher;
    private final UpstreamClient upstream;
    private volatile boolean running;

    WarmUp(
            LettuceConnectionFactory redis,
            @Qualifier(WrapperParts.REPLICATED) StringRedisTemplate replicated,
            RedisKeys keys,
            UpstreamQuota quota,
            RetryPublisher publisher,
            UpstreamClient upstream) {
        this.redis = redis;
        this.replicated = replicated;
        this.keys = keys;
        this.quota = quota;
        this.publisher = publisher;
        this.upstream = upstream;
    }

    @Override
    public void start() {
        running = true;
        CompletableFuture.allOf(
                        connect("Redis", this::rehearseRedis, this::pingRedis, this::pingReplicated),
                        // On its first connection the queues are declared.
                        connect("RabbitMQ", () -> crowds(() -> publisher.probe(PATIENCE))),
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
            quota.rehearse(template);
        } finally {
            patient.destroy();
        }
    }

    /** By the connection that all use from now on. */
    private void pingRedis() {
        try (RedisConnection connection = redis.getConnection()) {
            connection.commands().ping();
        }
    }

    /** The first of its connections asks the Sentinels, and is made when it is needed otherwise. */
    private void pingReplicated() {
        if (replicated instanceof ReplicatedRedis) {
            replicated.execute((RedisCallback<@Nullable String>) RedisConnection::ping);
        }
    }

    /** Takes a step once, and then many times at once; for a start it is enough that the first time went well. */
    private static void crowds(Runnable step) {
        step.run();
        for (int size = 2; size <= LARGEST_CROWD; size *= 2) {
            var crowd = CompletableFuture.allOf(Stream.generate(() -> CompletableFuture.runAsync(step, THREADS))
                    .limit(size)
                    .toArray(CompletableFuture<?>[]::new));
            if (crowd.handle((nothing, failure) -> failure != null).join()) {
                return;
            }
        }
    }

    private CompletableFuture<Void> connect(String server, Runnable... steps) {
        return new FirstConnection(server, List.of(steps), log, System::nanoTime).begin(THREADS, this::pause);
    }

    private boolean pause(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            return false;
        }
        return running;
    }
}
