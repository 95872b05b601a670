package io.cryptowrapper.system;

import com.redis.testcontainers.RedisContainer;
import io.cryptowrapper.embedded.EmbeddedServers;
import io.cryptowrapper.settings.EnvironmentVariables;
import io.cryptowrapper.signing.UpstreamName;
import io.cryptowrapper.testing.Containers;
import io.cryptowrapper.wiring.Queues;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.testcontainers.containers.ContainerFetchException;
import org.testcontainers.containers.ContainerLaunchException;
import org.testcontainers.rabbitmq.RabbitMQContainer;

/**
 * The broker and the Redis that a test runs on: RabbitMQ and Redis in containers where there is Docker, the embedded
 * ones otherwise.
 *
 * @param name what to call them
 * @param settings the environment by which the services find them
 */
public record Servers(String name, Map<String, String> settings, Runnable stopping) implements AutoCloseable {

    /** What whole-system tests may choose from. */
    private static final List<Duration> CALLBACK_DELAYS =
            List.of(Duration.ofMillis(200), Duration.ofMillis(500), Duration.ofSeconds(1), Duration.ofSeconds(5));

    /** The real ones if there are any here; the same for all tests, until this process ends. */
    static Servers best() {
        return Best.SERVERS;
    }

    private static Servers startBest(List<Duration> delays) {
        Optional<String> missing = Containers.missing();
        if (missing.isEmpty()) {
            try {
                return containers();
            } catch (ContainerLaunchException | ContainerFetchException e) {
                missing = Optional.of("no container could be started: " + e.getMessage());
            }
        }
        System.out.println("On the embedded servers, as " + missing.get());
        return embedded(delays);
    }

    /** Those in containers of their own. */
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
                        "SPRING_DATA_REDIS_URL", redis.getRedisURI(),
                        "SPRING_RABBITMQ_ADDRESSES", rabbit.getHost() + ":" + rabbit.getAmqpPort(),
                        "SPRING_RABBITMQ_USERNAME", rabbit.getAdminUsername(),
                        "SPRING_RABBITMQ_PASSWORD", rabbit.getAdminPassword()),
                () -> {
                    redis.stop();
                    rabbit.stop();
                });
    }

    public static Servers embedded(List<Duration> delays) {
        EmbeddedServers servers = EmbeddedServers.start(
                Project.newDirectory("servers"), Queues.all(UpstreamName.SIGN, delays, CALLBACK_DELAYS));
        Map<String, String> settings = new HashMap<>();
        servers.properties().forEach((property, value) -> settings.put(EnvironmentVariables.nameOf(property), value));
        return new Servers("the embedded broker and Redis", settings, servers::close);
    }

    public int brokerPort() {
        return portIn("SPRING_RABBITMQ_ADDRESSES");
    }

    public int redisPort() {
        return portIn("SPRING_DATA_REDIS_URL");
    }

    /** The same for whoever reaches the broker by another port of this machine. */
    public Servers withBrokerPort(int port) {
        return with("SPRING_RABBITMQ_ADDRESSES", "127.0.0.1:" + port);
    }

    /** The same for whoever reaches Redis by another port of this machine. */
    public Servers withRedisPort(int port) {
        String url = settings.getOrDefault("SPRING_DATA_REDIS_URL", "");
        return with("SPRING_DATA_REDIS_URL", url.replaceFirst(":[0-9]+$", ":" + port));
    }

    private int portIn(String setting) {
        return Integer.parseInt(settings.getOrDefault(setting, "").replaceFirst(".*:", ""));
    }

    private Servers with(String setting, String value) {
        Map<String, String> changed = new HashMap<>(settings);
        changed.put(setting, value);
        return new Servers(name, changed, stopping);
    }

    @Override
    public void close() {
        stopping.run();
    }

    /** Started by the first test that needs them. */
    private static final class Best {
        static final Servers SERVERS = startBest(List.of(Pace.FORTYFOLD.period(), Pace.REAL.period()));

        static {
            Runtime.getRuntime().addShutdownHook(new Thread(SERVERS::close));
        }
    }
}
