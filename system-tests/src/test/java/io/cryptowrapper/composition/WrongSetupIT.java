package io.cryptowrapper.composition;

import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.testing.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.Condition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What an operator sees who has set something up wrongly: a sentence in the log and an unhealthy container. */
@Tag(Stage.COMPOSITION)
@Timeout(600)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class WrongSetupIT {

    private static final String NAME = "cryptowrapper-wrong";
    private static final String REDIS_REFUSES = "Redis: it refuses the user name or the password";

    @TempDir
    private static Path directory;

    /** What there is to see when a container is called unhealthy; two minutes after its failed start it ends. */
    private record FailedStart(List<String> log, String restarts) {}

    private static Composition emptyKey;
    private static CompletableFuture<FailedStart> failedStart;
    private static Composition composition;

    /** It takes more than a minute until a container that does not start is called unhealthy: others run meanwhile. */
    @BeforeAll
    static void start() throws IOException {
        Path empty = Files.createFile(directory.resolve("empty-key"));
        emptyKey = new Composition(
                "cryptowrapper-empty-key",
                List.of("docker-compose.yml"),
                Map.of("CRYPTO_API_KEY_FILE", empty.toString()));
        emptyKey.compose("up", "--build", "--detach", "--no-deps", "api-service");
        failedStart = CompletableFuture.supplyAsync(() -> {
            await().pollInterval(ofSeconds(2))
                    .atMost(ofMinutes(2))
                    .until(() -> emptyKey.health("api-service", 1).equals("unhealthy"));
            return new FailedStart(
                    emptyKey.log("api-service"), emptyKey.inspect("{{.RestartCount}}", "api-service", 1));
        });
        // What is said here wins over the passwords that were made up.
        Path override = Files.writeString(directory.resolve("wrong.yml"), """
            services:
              api-service: {environment: {SPRING_DATA_REDIS_PASSWORD: not-it}}
              retry-worker: {environment: {SPRING_RABBITMQ_PASSWORD: not-it}}
            """);
        Path key = Files.writeString(directory.resolve("key"), "simulator-key");
        composition = new Composition(
                NAME,
                List.of("docker-compose.yml", override.toString()),
                Map.of("CRYPTO_API_KEY_FILE", key.toString()));
    }

    @AfterAll
    static void stop() {
        composition.close();
        emptyKey.close();
    }

    @Test
    @Order(2)
    void an_empty_key_is_told_once_and_the_container_is_unhealthy_and_not_started_again_and_again() {
        FailedStart failed = failedStart.join();

        assertThat(failed.log())
                .containsExactly("CRYPTO_API_KEY_FILE names a file that is empty: /run/secrets/crypto_api_key.");
        assertThat(failed.restarts()).isEqualTo("0");
    }

    @Test
    @Order(1)
    void servers_that_come_up_later_are_waited_for_and_wrong_passwords_are_told_once_or_once_a_minute()
            throws Exception {
        composition.compose("run", "--rm", "passwords");
        composition.compose("up", "--build", "--detach", "--no-deps", "api-service", "retry-worker");
        for (String service : List.of("api-service", "retry-worker")) {
            await(service + " waits for both")
                    .atMost(ofMinutes(1))
                    .until(() -> composition.log(service).stream()
                                    .filter(line -> line.contains("; trying on."))
                                    .count()
                            == 2);
        }

        composition.compose("up", "--detach", "--wait", "rabbitmq", "redis");
        long refusedSince = System.nanoTime();

        // Another trouble may be told first, and then this one is told a minute later.
        await().atMost(ofMinutes(3))
                .untilAsserted(() -> assertThat(composition.log("retry-worker"))
                        .areExactly(1, told("RabbitMQ refuses the user name or the password; retries pause"))
                        .areExactly(1, told("Redis is there")));
        await().atMost(ofMinutes(3))
                .untilAsserted(() -> assertThat(composition.log("api-service"))
                        .areAtLeastOne(told(REDIS_REFUSES))
                        .areExactly(1, told("RabbitMQ is there")));
        // It began before; and each minute it is told again.
        int most = 2
                + Math.toIntExact(
                        Duration.ofNanos(System.nanoTime() - refusedSince).toMinutes());
        assertThat(composition.log("api-service")).areAtMost(most, told(REDIS_REFUSES));
        for (String service : List.of("api-service", "retry-worker")) {
            assertThat(composition.health(service, 1)).isNotEqualTo("healthy");
            assertThat(composition.inspect("{{.RestartCount}}", service, 1)).isEqualTo("0");
            assertThat(composition.log(service)).hasSizeLessThan(12).noneMatch(line -> line.matches("\\s+at .*"));
        }

        // Mended, they are all right.
        Files.writeString(directory.resolve("wrong.yml"), "services: {}");
        composition.compose("up", "--detach", "--wait");

        assertThat(composition.ask("hello").status()).isEqualTo(200);
    }

    private static Condition<String> told(String sentence) {
        // To its end: a service that waited for its servers has told of them too, with "trying on".
        return new Condition<>(line -> line.endsWith(sentence), sentence);
    }
}
