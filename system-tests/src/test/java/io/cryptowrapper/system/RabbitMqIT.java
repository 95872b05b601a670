package io.cryptowrapper.system;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.retryqueue.Delivery;
import io.cryptowrapper.retryqueue.NotConfirmedException;
import io.cryptowrapper.retryqueue.RetryMessage;
import io.cryptowrapper.retryqueue.RetryPublisher;
import io.cryptowrapper.retryqueue.RetryTopology;
import io.cryptowrapper.retryqueue.WorkQueue;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.UpstreamName;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.testcontainers.DockerClientFactory;

/** The publisher and the work queue on RabbitMQ, in what it does differently from the embedded broker. */
@Timeout(120)
class RabbitMqIT {

    private static final Duration PATIENCE = ofSeconds(5);
    private static final RetryTopology TOPOLOGY = new RetryTopology(UpstreamName.SIGN, List.of(ofMillis(300)));

    private static Optional<Servers> servers = Optional.empty();

    private CachingConnectionFactory connections;
    private RetryPublisher publisher;
    private WorkQueue queue;

    @BeforeAll
    static void startServers() {
        boolean docker = DockerClientFactory.instance().isDockerAvailable();
        if (!docker) {
            System.out.println(
                    "Skipped, as there is no Docker: how RabbitMQ does what the embedded broker does otherwise");
        }
        Assumptions.assumeTrue(docker, "there is no Docker");
        servers = Optional.of(Servers.containers());
    }

    @AfterAll
    static void stopServers() {
        servers.ifPresent(Servers::close);
    }

    @BeforeEach
    void connect() {
        var settings = servers.orElseThrow().settings();
        connections = new CachingConnectionFactory();
        connections.setAddresses(settings.getOrDefault("SPRING_RABBITMQ_ADDRESSES", ""));
        connections.setUsername(settings.getOrDefault("SPRING_RABBITMQ_USERNAME", ""));
        connections.setPassword(settings.getOrDefault("SPRING_RABBITMQ_PASSWORD", ""));
        connections.setPublisherConfirmType(CachingConnectionFactory.ConfirmType.CORRELATED);
        connections.setPublisherReturns(true);
        var rabbit = new RabbitTemplate(connections);
        rabbit.setMandatory(true);
        rabbit.setUsePublisherConnection(true);
        publisher = new RetryPublisher(rabbit, TOPOLOGY);
        queue = new WorkQueue(connections, TOPOLOGY, publisher);
        assertThat(queue.depth()).isZero();
    }

    @AfterEach
    void disconnect() {
        queue.close();
        publisher.close();
        connections.destroy();
    }

    @Test
    void a_message_waits_as_long_as_its_delay_and_is_then_due() {
        long start = System.nanoTime();
        publisher.publish(message("m"), PATIENCE);
        assertThat(queue.hasDue()).isFalse();

        Delivery delivery = takeSoon();

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(ofMillis(300));
        assertThat(delivery.message()).isEqualTo(message("m"));
        delivery.ack();
    }

    @Test
    void of_two_messages_that_are_due_one_is_still_when_the_other_is_under_way() {
        publisher.publish(message("one"), PATIENCE);
        publisher.publish(message("two"), PATIENCE);
        Delivery one = takeSoon();

        await().until(queue::hasDue);
        Delivery two = takeSoon();
        assertThat(queue.hasDue()).isFalse();

        one.ack();
        two.ack();
    }

    @Test
    void a_message_that_no_queue_takes_is_acknowledged_and_returned_and_so_not_confirmed() throws Exception {
        deleteQueue("sign.wait.300ms");

        assertThatThrownBy(() -> publisher.publish(message("m"), PATIENCE))
                .isInstanceOf(NotConfirmedException.class)
                .hasMessage("there is no queue sign.wait.300ms");

        // Whoever looks at it makes it anew: at the first look it is missed, at the next it is there.
        await().ignoreExceptions().until(() -> queue.depth() == 0);
        publisher.publish(message("m"), PATIENCE);
        takeSoon().ack();
    }

    @Test
    void what_a_worker_holds_when_it_closes_goes_to_the_others_at_once() {
        publisher.publish(message("m"), PATIENCE);
        takeSoon();
        var other = new WorkQueue(connections, TOPOLOGY, publisher);

        queue.close();

        await().atMost(ofSeconds(5)).until(other::hasDue);
        other.take().orElseThrow().ack();
        other.close();
    }

    private Delivery takeSoon() {
        return await().until(queue::take, Optional::isPresent).orElseThrow();
    }

    private void deleteQueue(String name) throws Exception {
        var connection = connections.createConnection();
        var channel = connection.createChannel(false);
        channel.queueDelete(name);
        channel.close();
    }

    private static RetryMessage message(String text) {
        return new RetryMessage(new Message(text), 1, Instant.ofEpochMilli(1_764_000_000_000L));
    }
}
