package io.cryptowrapper.testing;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.redis.testcontainers.RedisContainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.context.annotation.Bean;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.dockerclient.DockerClientProviderStrategy;
import org.testcontainers.dockerclient.TransportConfig;
import org.testcontainers.rabbitmq.RabbitMQContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * RabbitMQ and Redis in containers: a configuration that starts both and connects Spring to them, and the one home of
 * their images and of how they are run.
 *
 * <p>The system properties {@code rabbitmq.image} and {@code redis.image} take other images.
 */
@TestConfiguration(proxyBeanMethods = false)
public class Containers {

    private static final DockerImageName RABBITMQ =
            image("rabbitmq.image", "rabbitmq:4.1-management").asCompatibleSubstituteFor("rabbitmq");
    private static final DockerImageName REDIS =
            image("redis.image", "redis:8.2").asCompatibleSubstituteFor("redis");

    private static final Duration PATIENCE_FOR_A_PULL = Duration.ofMinutes(5);

    @Bean
    @ServiceConnection
    RabbitMQContainer rabbitMqContainer() {
        return rabbitMq();
    }

    @Bean
    @ServiceConnection
    RedisContainer redisContainer() {
        return redis();
    }

    /**
     * A broker that is not started yet.
     *
     * @throws IllegalStateException with one sentence if it cannot be started here
     */
    public static RabbitMQContainer rabbitMq() {
        require();
        return new RabbitMQContainer(RABBITMQ);
    }

    /**
     * A Redis that is not started yet. Its data survives a kill.
     *
     * @throws IllegalStateException with one sentence if it cannot be started here
     */
    public static RedisContainer redis() {
        require();
        // Options alone: each image puts its own server before them, redis-server or valkey-server.
        return new RedisContainer(REDIS).withCommand("--appendonly", "yes", "--databases", "256");
    }

    private static void require() {
        Missing.REASON.ifPresent(reason -> {
            throw new IllegalStateException("These tests need RabbitMQ and Redis in containers, and " + reason + ".");
        });
    }

    private static DockerImageName image(String property, String byDefault) {
        return DockerImageName.parse(System.getProperty(property, byDefault));
    }

    /** Looked for once, as it may take long. */
    private static final class Missing {

        static final Optional<String> REASON = find();

        private static Optional<String> find() {
            TransportConfig engine;
            try {
                engine = DockerClientFactory.instance().getTransportConfig();
            } catch (IllegalStateException e) {
                return Optional.of("there is no Docker here");
            }
            Optional<String> image;
            try (DockerClient docker = DockerClientProviderStrategy.getClientForConfig(engine)) {
                image = Stream.of(RABBITMQ, REDIS)
                        .map(DockerImageName::asCanonicalNameString)
                        .filter(name -> !isThere(docker, name) && !canBePulled(docker, name))
                        .findFirst();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return image.map(name -> "the image " + name + " is not here and cannot be pulled")
                    .or(Missing::faultOfTestcontainers);
        }

        /** It runs a container of its own first, for which it may need another image. */
        private static Optional<String> faultOfTestcontainers() {
            try {
                DockerClientFactory.instance().client();
                return Optional.empty();
            } catch (RuntimeException e) {
                String reason =
                        String.valueOf(e.getMessage()).lines().findFirst().orElse("");
                return Optional.of("there is Docker here, but Testcontainers cannot use it: " + reason);
            }
        }

        private static boolean isThere(DockerClient docker, String image) {
            try {
                docker.inspectImageCmd(image).exec();
                return true;
            } catch (NotFoundException e) {
                return false;
            }
        }

        /** Tried once; Testcontainers tries for minutes where there is no network. */
        private static boolean canBePulled(DockerClient docker, String image) {
            try {
                return docker.pullImageCmd(image)
                                .start()
                                .awaitCompletion(PATIENCE_FOR_A_PULL.toSeconds(), TimeUnit.SECONDS)
                        && isThere(docker, image);
            } catch (DockerException e) {
                return false;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
    }
}
