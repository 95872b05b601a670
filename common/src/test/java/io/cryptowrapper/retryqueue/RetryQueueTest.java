package io.cryptowrapper.retryqueue;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Channel;
import io.cryptowrapper.broker.NotConfirmedException;
import io.cryptowrapper.embedded.EmbeddedBroker;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.UpstreamName;
import io.cryptowrapper.testing.Gate;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.core.MessageBuilder;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitTemplate;

/** The publisher and the work queue on a real broker, which is not RabbitMQ here. */
@Timeout(60)
class RetryQueueTest {

    private static final Duration PATIENCE = ofSeconds(2);
    private static final RetryTopology TOPOLOGY =
            new RetryTopology(new UpstreamName("sign"), List.of(ofMillis(300), ofMillis(900)));

    private static EmbeddedBroker broker;

    private Gate gate;
    private CachingConnectionFactory connections;
    private RabbitTemplate rabbit;
    private RetryPublisher publisher;
    private WorkQueue queue;

    @BeforeAll
    static void startBroker(@TempDir Path directory) {
        broker = EmbeddedBroker.start(directory, TOPOLOGY.queues());
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    @BeforeEach
    void connect() {
        gate = Gate.to(broker.port());
        connections = connections(gate.port());
        rabbit = new RabbitTemplate(connections);
        rabbit.setMandatory(true);
        rabbit.setUsePublisherConnection(true);
        publisher = new RetryPublisher(rabbit, TOPOLOGY);
        queue = workQueue();
    }

    @AfterEach
    void empty() {
        gate.open();
        queue.close();
        publisher.close();
        // Waits for the broker's answer: what the gate held back has come by then, and is purged too.
        connections.destroy();
        gate.close();
        CachingConnectionFactory direct = connections(broker.port());
        var purging = new RabbitTemplate(direct);
        var left = new WorkQueue(direct, TOPOLOGY, publisher);
        // More than once, as a message may just be on its way from one queue to another.
        await().pollDelay(Duration.ZERO).until(() -> {
            TOPOLOGY.queues().keySet().forEach(name -> purging.execute(channel -> channel.queuePurge(name)));
            return left.depth() == 0;
        });
        left.close();
        direct.destroy();
    }

    @Test
    void a_message_is_due_when_its_delay_is_over_and_not_before() {
        // Connects, so that what follows is fast.
        assertThat(queue.depth()).isZero();
        long start = System.nanoTime();
        publisher.publish(message("m", 1), PATIENCE);
        assertThat(queue.depth()).isEqualTo(1);
        assertThat(queue.hasDue()).isFalse();

        Delivery delivery = takeSoon(queue);

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(ofMillis(300));
        assertThat(delivery.message()).isEqualTo(message("m", 1));
        delivery.ack();
        assertThat(queue.depth()).isZero();
    }

    @Test
    void a_longer_delay_does_not_hold_up_a_shorter_one() {
        publisher.publish(message("long", 2), PATIENCE);
        publisher.publish(message("short", 1), PATIENCE);

        assertThat(takeSoon(queue).message()).isEqualTo(message("short", 1));
        assertThat(takeSoon(queue).message()).isEqualTo(message("long", 2));
    }

    @Test
    void messages_come_in_the_order_in_which_they_were_published() {
        for (int i = 0; i < 20; i++) {
            publisher.publish(message("m" + i, 1), PATIENCE);
        }

        for (int i = 0; i < 20; i++) {
            Delivery delivery = takeSoon(queue);
            assertThat(delivery.message()).isEqualTo(message("m" + i, 1));
            delivery.ack();
        }
    }

    @Test
    void a_message_that_is_under_way_is_not_due() {
        publisher.publish(message("m", 1), PATIENCE);
        Delivery delivery = takeSoon(queue);

        assertThat(queue.hasDue()).isFalse();

        delivery.handBack();
        await().until(queue::hasDue);
    }

    @Test
    void as_many_can_be_under_way_as_a_worker_may_try_at_once() {
        for (int i = 0; i < 256; i++) {
            publisher.publish(message("m" + i, 1), PATIENCE);
        }
        List<Delivery> taken = Stream.generate(() -> takeSoon(queue)).limit(256).toList();

        assertThat(queue.hasDue()).isFalse();

        taken.forEach(Delivery::ack);
        await().until(() -> queue.depth() == 0);
    }

    /** A broker that gives back what several had may lose some of it, as {@link WorkQueue} says. */
    @Test
    void each_message_has_a_channel_of_its_own_until_it_is_settled() {
        for (int i = 0; i < 6; i++) {
            publisher.publish(message("m" + i, 1), PATIENCE);
        }
        List<Delivery> taken = Stream.generate(() -> takeSoon(queue)).limit(3).toList();
        List<Channel> channels =
                taken.stream().map(delivery -> delivery.channel).toList();

        assertThat(channels).doesNotHaveDuplicates();
        taken.get(0).ack();
        assertThat(takeSoon(queue).channel).isSameAs(channels.get(0));
        taken.get(1).handBack();
        assertThat(takeSoon(queue).channel).isSameAs(channels.get(1));
        assertThat(takeSoon(queue).channel).isNotIn(channels);
    }

    @Test
    void what_is_handed_back_comes_again() {
        publisher.publish(message("m", 1), PATIENCE);
        takeSoon(queue).handBack();

        assertThat(takeSoon(queue).message()).isEqualTo(message("m", 1));
    }

    @Test
    void what_a_worker_holds_when_it_closes_goes_to_the_others() {
        publisher.publish(message("m", 1), PATIENCE);
        takeSoon(queue);
        WorkQueue other = workQueue();
        assertThat(other.take()).isEmpty();

        queue.close();

        assertThat(takeSoon(other).message()).isEqualTo(message("m", 1));
        other.close();
    }

    @Test
    void a_payload_that_cannot_be_read_is_parked_with_the_reason_and_the_next_message_is_taken() {
        rabbit.send(
                "",
                "sign.work",
                MessageBuilder.withBody("{garbage".getBytes(UTF_8)).build());
        publisher.publish(message("m", 1), PATIENCE);

        assertThat(takeSoon(queue).message()).isEqualTo(message("m", 1));

        var parked = Objects.requireNonNull(rabbit.receive("sign.parking", 2000));
        assertThat(parked.getBody()).asString(UTF_8).isEqualTo("{garbage");
        assertThat(parked.getMessageProperties().getHeaders().get("x-parked-because"))
                .hasToString("not the JSON of a retry message");
    }

    @Test
    void a_parking_queue_that_somebody_has_deleted_is_made_anew() {
        rabbit.execute(channel -> channel.queueDelete("sign.parking"));
        rabbit.send(
                "",
                "sign.work",
                MessageBuilder.withBody("{garbage".getBytes(UTF_8)).build());
        await().until(queue::hasDue);

        assertThat(queue.take()).isEmpty();

        assertThat(rabbit.receive("sign.parking", 2000)).isNotNull();
    }

    @Test
    void a_payload_that_cannot_be_parked_stays_where_it_is() {
        var nowhere = new RetryPublisher(new RabbitTemplate(connections(1)), TOPOLOGY);
        var unlucky = new WorkQueue(connections, TOPOLOGY, nowhere);
        rabbit.send(
                "",
                "sign.work",
                MessageBuilder.withBody("{garbage".getBytes(UTF_8)).build());
        await().until(unlucky::hasDue);

        assertThatThrownBy(unlucky::take).isInstanceOf(NotConfirmedException.class);

        assertThat(unlucky.hasDue()).isTrue();
        unlucky.close();
        nowhere.close();
    }

    @Test
    void a_message_of_which_a_copy_is_parked_is_still_to_be_settled() {
        publisher.publish(message("m", 1), PATIENCE);
        Delivery delivery = takeSoon(queue);

        delivery.copyToParking("given up");

        assertThat(rabbit.receive("sign.parking", 2000)).isNotNull();
        delivery.handBack();
        takeSoon(queue).ack();
        assertThat(queue.depth()).isZero();
    }

    @Test
    void a_broker_that_is_there_can_be_probed_without_leaving_anything() {
        publisher.probe(PATIENCE);

        assertThat(queue.depth()).isZero();
        gate.cut();
        assertThatThrownBy(() -> publisher.probe(PATIENCE)).isInstanceOf(NotConfirmedException.class);
    }

    @Test
    void a_publish_that_no_queue_takes_is_not_confirmed() {
        var elsewhere = new RetryPublisher(rabbit, new RetryTopology(new UpstreamName("nowhere"), List.of(PATIENCE)));

        assertThatThrownBy(() -> elsewhere.publish(message("m", 1), PATIENCE))
                .isInstanceOf(NotConfirmedException.class);
        elsewhere.close();
    }

    @Test
    void a_publish_is_not_confirmed_when_the_broker_is_away_and_is_again_when_it_is_back() {
        publisher.publish(message("before", 1), PATIENCE);
        gate.cut();

        assertThatThrownBy(() -> publisher.publish(message("m", 1), PATIENCE))
                .isInstanceOf(NotConfirmedException.class);

        gate.open();
        await().ignoreExceptions().untilAsserted(() -> publisher.publish(message("after", 1), PATIENCE));
    }

    @Test
    void nobody_waits_longer_than_he_wants_for_a_silent_broker() {
        publisher.publish(message("before", 1), PATIENCE);
        gate.silence();
        long start = System.nanoTime();

        assertThatThrownBy(() -> publisher.publish(message("m", 1), ofMillis(200)))
                .isInstanceOf(NotConfirmedException.class)
                .hasMessage("RabbitMQ did not answer in time");

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(ofSeconds(1));
    }

    @Test
    void a_broker_that_is_away_is_told_and_the_queue_works_again_when_it_is_back() {
        publisher.publish(message("m", 1), PATIENCE);
        await().until(queue::hasDue);
        gate.cut();

        assertThatThrownBy(queue::hasDue).isInstanceOf(AmqpException.class);
        assertThatThrownBy(queue::take).isInstanceOf(AmqpException.class);

        gate.open();
        await().ignoreExceptions().until(queue::hasDue);
        assertThat(takeSoon(queue).message()).isEqualTo(message("m", 1));
    }

    @Test
    void settling_over_a_lost_connection_fails_and_leaves_what_was_taken_since_alone() {
        publisher.publish(message("old", 1), PATIENCE);
        Delivery old = takeSoon(queue);
        gate.cut();
        gate.open();
        await().ignoreExceptions().until(queue::hasDue);
        Delivery again = takeSoon(queue);
        assertThat(again.message()).isEqualTo(message("old", 1));

        assertThatThrownBy(old::ack).isInstanceOf(AmqpException.class);

        assertThat(queue.take()).isEmpty();
        again.ack();
        assertThat(queue.depth()).isZero();
    }

    private WorkQueue workQueue() {
        return new WorkQueue(connections, TOPOLOGY, publisher);
    }

    private static Delivery takeSoon(WorkQueue from) {
        return await().pollDelay(Duration.ZERO)
                .until(from::take, Optional::isPresent)
                .orElseThrow();
    }

    private static RetryMessage message(String text, int attempt) {
        return new RetryMessage(new Message(text), attempt, Instant.ofEpochMilli(1_764_000_000_000L));
    }

    private static CachingConnectionFactory connections(int port) {
        var factory = new CachingConnectionFactory("127.0.0.1", port);
        factory.setUsername(broker.username());
        factory.setPassword(broker.password());
        factory.setVirtualHost(broker.virtualHost());
        factory.setPublisherConfirmType(CachingConnectionFactory.ConfirmType.CORRELATED);
        factory.setPublisherReturns(true);
        factory.getRabbitConnectionFactory().setChannelRpcTimeout(2000);
        return factory;
    }
}
