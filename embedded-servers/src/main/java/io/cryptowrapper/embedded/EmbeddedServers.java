package io.cryptowrapper.embedded;

import java.nio.file.Path;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** A broker and a Redis that belong together. */
public record EmbeddedServers(EmbeddedBroker broker, EmbeddedRedis redis) implements AutoCloseable {

    /**
     * Starts both at the same time.
     *
     * @param directory where they keep what they know, each in a directory of its own
     * @param queues as {@link EmbeddedBroker#start} takes them
     * @throws StartException if one of them cannot start; then neither runs
     */
    public static EmbeddedServers start(Path directory, SequencedMap<String, Map<String, Object>> queues) {
        CompletableFuture<EmbeddedRedis> redis =
                CompletableFuture.supplyAsync(() -> EmbeddedRedis.start(directory.resolve("redis")));
        EmbeddedBroker broker;
        try {
            broker = EmbeddedBroker.start(directory.resolve("broker"), queues);
        } catch (StartException e) {
            redis.thenAccept(EmbeddedRedis::close)
                    .exceptionally(alsoFailed -> null)
                    .join();
            throw e;
        }
        try {
            return new EmbeddedServers(broker, redis.join());
        } catch (CompletionException e) {
            broker.close();
            throw e.getCause() instanceof StartException told ? told : e;
        }
    }

    /** The properties by which Spring Boot finds them. */
    public Map<String, String> properties() {
        return properties(redis.port(), broker.port());
    }

    /** The same for whoever reaches them by other ports of the loopback interface. */
    public Map<String, String> properties(int redisPort, int brokerPort) {
        return Map.of(
                "spring.data.redis.url", "redis://:" + redis.password() + "@127.0.0.1:" + redisPort,
                "spring.rabbitmq.addresses", "127.0.0.1:" + brokerPort,
                "spring.rabbitmq.username", broker.username(),
                "spring.rabbitmq.password", broker.password(),
                "spring.rabbitmq.virtual-host", broker.virtualHost());
    }

    @Override
    public void close() {
        redis.close();
        broker.close();
    }
}
