package io.cryptowrapper.testing;

import com.redis.testcontainers.RedisContainer;
import io.cryptowrapper.embedded.EmbeddedServers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import org.testcontainers.rabbitmq.RabbitMQContainer;

/**
 * The broker and the Redis that a test runs on: the embedded ones, or with {@code -Dservers=containers} RabbitMQ and
 * Redis in containers.
 *
 * @param name what to call them
 * @param properties those by which Spring Boot finds them
 */
public record Servers(String name, Map<String, String> properties, Runnable stopping) implements AutoCloseable {

    private static final String REDIS = "spring.data.redis.url";
    private static final String BROKER = "spring.rabbitmq.addresses";
    private static final boolean IN_CONTAINERS = "containers".equals(System.getProperty("servers"));

    /**
     * Starts those that this run of tests is for.
     *
     * @param directory where the embedded ones keep what they know, each in a directory of its own
     * @param queues those of the embedded broker; on RabbitMQ, the clients declare them
     */
    public static Servers start(Path directory, SequencedMap<String, Map<String, Object>> queues) {
        return IN_CONTAINERS ? containers() : embedded(directory, queues);
    }

    /** Starts those that this run of tests is for, with nothing in them, for all its tests. */
    public static Servers shared(SequencedMap<String, Map<String, Object>> queues) {
        try {
            return TestSession.share(start(Files.createTempDirectory(Path.of("target"), "servers"), queues));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts the embedded ones. */
    public static Servers embedded(Path directory, SequencedMap<String, Map<String, Object>> queues) {
        EmbeddedServers servers = EmbeddedServers.start(directory, queues);
        return new Servers("the embedded servers", servers.properties(), servers::close);
    }

    /** Starts those in containers. */
    public static Servers containers() {
        RabbitMQContainer rabbit = Containers.rabbitMq();
        RedisContainer redis = Containers.redis();
        rabbit.start();
        redis.start();
        return in(rabbit, redis);
    }

    /** Those in containers that run. */
    public static Servers in(RabbitMQContainer rabbit, RedisContainer redis) {
        return new Servers(
                "RabbitMQ and Redis in containers",
                Map.of(
                        REDIS,
                        "redis://127.0.0.1:" + redis.getRedisPort(),
                        BROKER,
                        "127.0.0.1:" + rabbit.getAmqpPort(),
                        "spring.rabbitmq.username",
                        rabbit.getAdminUsername(),
                        "spring.rabbitmq.password",
                        rabbit.getAdminPassword(),
                        "spring.rabbitmq.virtual-host",
                        "/"),
                () -> {
                    redis.stop();
                    rabbit.stop();
                });
    }

    /** The environment variables by which packaged programs find them. */
    public Map<String, String> settings() {
        Map<String, String> settings = new HashMap<>();
        properties.forEach((name, value) ->
                settings.put(name.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT), value));
        return settings;
    }

    public int brokerPort() {
        return port(BROKER);
    }

    public int redisPort() {
        return port(REDIS);
    }

    /** One of the {@link #properties}. */
    public String property(String name) {
        return properties.getOrDefault(name, "");
    }

    /** The same for clients that reach the broker by another port of this machine. */
    public Servers withBrokerPort(int port) {
        return withPort(BROKER, port);
    }

    /** The same for clients that reach Redis by another port of this machine. */
    public Servers withRedisPort(int port) {
        return withPort(REDIS, port);
    }

    @Override
    public void close() {
        stopping.run();
    }

    private int port(String property) {
        return Integer.parseInt(property(property).replaceFirst(".*:", ""));
    }

    private Servers withPort(String property, int port) {
        Map<String, String> changed = new HashMap<>(properties);
        changed.put(property, property(property).replaceFirst(":[0-9]+$", ":" + port));
        return new Servers(name, changed, stopping);
    }
}
