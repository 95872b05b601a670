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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class EmbeddedBrokerTest {

    @TempDir
    private Path directory;

    @Test
    void a_message_waits_as_long_as_its_queue_says_and_then_moves_on() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, queues(400));
                Connection connection = connect(broker);
                Channel channel = connection.createChannel()) {
            long start = System.nanoTime();
            channel.basicPublish("", "wait", MessageProperties.PERSISTENT_BASIC, "m".getBytes(UTF_8));

            GetResponse got = await().until(() -> channel.basicGet("work", true), Objects::nonNull);

            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isBetween(Duration.ofMillis(400), Duration.ofSeconds(3));
            assertThat(got.getBody()).asString(UTF_8).isEqualTo("m");
        }
    }

    @Test
    void messages_are_there_again_after_a_restart_and_so_is_a_queue_of_another_delay() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, queues(60_000));
                Connection connection = connect(broker);
                Channel channel = connection.createChannel()) {
            channel.confirmSelect();
            channel.basicPublish("", "wait", MessageProperties.PERSISTENT_BASIC, "m".getBytes(UTF_8));
            assertThat(channel.waitForConfirms(5000)).isTrue();
        }

        SequencedMap<String, Map<String, Object>> more = queues(60_000);
        more.put("other", Map.of());
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, more);
                Connection connection = connect(broker);
                Channel channel = connection.createChannel()) {
            assertThat(channel.queueDeclarePassive("other").getMessageCount()).isZero();
            assertThat(channel.basicGet("wait", true).getBody()).asString(UTF_8).isEqualTo("m");
        }
    }

    @Test
    void queues_may_be_declared_as_rabbitmq_wants_it() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, queues(400));
                Connection connection = connect(broker);
                Channel channel = connection.createChannel()) {
            Map<String, Object> arguments =
                    new LinkedHashMap<>(Objects.requireNonNull(queues(400).get("wait")));
            arguments.put("x-queue-type", "quorum");

            assertThat(channel.queueDeclare("wait", true, false, false, arguments)
                            .getQueue())
                    .isEqualTo("wait");
        }
    }

    @Test
    void nobody_gets_in_without_the_password() {
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, queues(400))) {
            ConnectionFactory factory = factory(broker);
            factory.setPassword("guest");

            assertThatThrownBy(factory::newConnection).isInstanceOf(IOException.class);
        }
    }

    @Test
    void its_log_is_kept_with_its_messages() {
        EmbeddedBroker.start(directory, queues(400)).close();

        assertThat(Files.exists(Path.of("derby.log"))).isFalse();
    }

    @Test
    void a_directory_that_cannot_be_used_is_named() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));

        assertThatThrownBy(() -> EmbeddedBroker.start(file, queues(400)))
                .isInstanceOf(StartException.class)
                .hasMessageStartingWith("The embedded broker cannot start on " + file);
    }

    private static SequencedMap<String, Map<String, Object>> queues(long ttl) {
        SequencedMap<String, Map<String, Object>> queues = new LinkedHashMap<>();
        queues.put("work", Map.of());
        queues.put("wait", Map.of("x-message-ttl", ttl, "x-dead-letter-routing-key", "work"));
        return queues;
    }

    private static Connection connect(EmbeddedBroker broker) throws IOException, TimeoutException {
        return factory(broker).newConnection();
    }

    private static ConnectionFactory factory(EmbeddedBroker broker) {
        ConnectionFactory factory = new ConnectionFactory();
        factory.setHost("127.0.0.1");
        factory.setPort(broker.port());
        factory.setVirtualHost(broker.virtualHost());
        factory.setUsername(broker.username());
        factory.setPassword(broker.password());
        return factory;
    }
}
