package io.cryptowrapper.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.MessageProperties;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** All tests share one broker, because a start takes seconds. The test of a restart replaces it. */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EmbeddedBrokerTest {

    private static final Duration DELAY = Duration.ofMillis(200);

    /** Less than the 30 s after which Qpid checks for expired messages by default. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private Path directory;
    private EmbeddedBroker broker;

    @BeforeAll
    void start(@TempDir Path directory) {
        this.directory = directory;
        broker = EmbeddedBroker.start(directory, queues());
    }

    @AfterAll
    void stop() {
        broker.close();
    }

    @Test
    void a_message_waits_as_long_as_its_queue_says_and_then_moves_on() throws Exception {
        try (Connection connection = connect();
                Channel channel = connection.createChannel()) {
            long start = System.nanoTime();
            channel.basicPublish("", "wait", MessageProperties.PERSISTENT_BASIC, "m".getBytes(UTF_8));

            GetResponse got = await().atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> channel.basicGet("work", true), Objects::nonNull);

            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(DELAY);
            assertThat(got.getBody()).asString(UTF_8).isEqualTo("m");
        }
    }

    @Test
    void messages_are_there_again_after_a_restart_and_so_is_a_queue_of_another_delay() throws Exception {
        try (Connection connection = connect();
                Channel channel = connection.createChannel()) {
            channel.confirmSelect();
            channel.basicPublish("", "wait for long", MessageProperties.PERSISTENT_BASIC, "m".getBytes(UTF_8));
            assertThat(channel.waitForConfirms(PATIENCE.toMillis())).isTrue();
        }
        SequencedMap<String, Map<String, Object>> more = queues();
        more.put("other", Map.of());

        broker.close();
        broker = EmbeddedBroker.start(directory, more);

        try (Connection connection = connect();
                Channel channel = connection.createChannel()) {
            assertThat(channel.queueDeclarePassive("other").getMessageCount()).isZero();
            assertThat(channel.basicGet("wait for long", true).getBody())
                    .asString(UTF_8)
                    .isEqualTo("m");
        }
    }

    @Test
    void queues_may_be_declared_as_rabbitmq_wants_it() throws Exception {
        try (Connection connection = connect();
                Channel channel = connection.createChannel()) {
            Map<String, Object> arguments = new LinkedHashMap<>(Objects.requireNonNull(queues().get("wait")));
            arguments.put("x-queue-type", "quorum");

            assertThat(channel.queueDeclare("wait", true, false, false, arguments)
                            .getQueue())
                    .isEqualTo("wait");
        }
    }

    @Test
    void nobody_gets_in_without_the_password() {
        ConnectionFactory factory = factory();
        factory.setPassword("guest");

        assertThatThrownBy(factory::newConnection).isInstanceOf(IOException.class);
    }

    @Test
    void its_log_is_kept_with_its_messages() {
        assertThat(directory.resolve("derby.log")).exists();
        assertThat(Path.of("derby.log")).doesNotExist();
    }

    @Test
    void a_directory_that_cannot_be_used_is_named(@TempDir Path parent) throws Exception {
        Path file = Files.createFile(parent.resolve("file"));

        assertThatThrownBy(() -> EmbeddedBroker.start(file, queues()))
                .isInstanceOf(StartException.class)
                .hasMessageStartingWith("The embedded broker cannot start on " + file);
    }

    private static SequencedMap<String, Map<String, Object>> queues() {
        SequencedMap<String, Map<String, Object>> queues = new LinkedHashMap<>();
        queues.put("work", Map.of());
        queues.put("wait", Map.of("x-message-ttl", DELAY.toMillis(), "x-dead-letter-routing-key", "work"));
        queues.put("wait for long", Map.of("x-message-ttl", 600_000L, "x-dead-letter-routing-key", "work"));
        return queues;
    }

    private Connection connect() throws IOException, TimeoutException {
        return factory().newConnection();
    }

    private ConnectionFactory factory() {
        ConnectionFactory factory = new ConnectionFactory();
        factory.setHost("127.0.0.1");
        factory.setPort(broker.port());
        factory.setVirtualHost(broker.virtualHost());
        factory.setUsername(broker.username());
        factory.setPassword(broker.password());
        return factory;
    }
}
