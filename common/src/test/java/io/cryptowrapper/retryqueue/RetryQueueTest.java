package io.cryptowrapper.retryqueue;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Channel;
import io.cryptowrapper.TestBroker;
import io.cryptowrapper.broker.ConfirmedPublisher;
import io.cryptowrapper.broker.NotConfirmedException;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.UpstreamName;
import io.cryptowrapper.testing.Gate;
import io.cryptowrapper.testing.Stage;
import io.cryptowrapper.testing.Timing;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.core.MessageDeliveryMode;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitTemplate;

/** The publisher and the work queue on a real broker. */
@Tag(Stage.BOTH_SERVERS)
@Timeout(120)
class RetryQueueTest {

    private static final RetryTopology TOPOLOGY = TestBroker.RETRIES;
    private static final Duration PATIENCE = ofSeconds(30);

    /** Numbers of attempts, named after the delays before them. */
    private static final int SHORT = 1;

    private static final int LONG = 2;
    private static final int ENDLESS = 3;

    private final RabbitTemplate rabbit = TestBroker.template(TestBroker.connections());
    private final ConfirmedPublisher toWork = new ConfirmedPublisher(rabbit);
    private final RetryPublisher publisher = new RetryPublisher(rabbit, TOPOLOGY);
    private final WorkQueue queue = new WorkQueue(TestBroker.connections(), TOPOLOGY, publisher);

    @BeforeEach
    void nothing_waits() {
        assertThat(queue.depth()).isZero();
    }

    @AfterEach
    void empty() {
        queue.close();
        publisher.close();
        toWork.close();
        TestBroker.purge(TOPOLOGY.queues().sequencedKeySet());
    }

    @Test
    void messages_become_due_after_their_delays_and_a_long_delay_does_not_block_a_short_one() {
        long start = System.nanoTime();
        publisher.publish(message("endless", ENDLESS), PATIENCE);
        publisher.publish(message("long", LONG), PATIENCE);
        publisher.publish(message("short", SHORT), PATIENCE);

        List<RetryMessage> due = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Delivery delivery = takeSoon(queue);
            due.add(delivery.message());
            assertThat(since(start))
                    .isGreaterThanOrEqualTo(delivery.message().attempt() == SHORT ? ofMillis(100) : ofMillis(400));
            delivery.ack();
        }

        assertThat(due).containsExactlyInAnyOrder(message("short", SHORT), message("long", LONG));
        await().until(() -> queue.depth() == 1);
        assertThat(queue.hasDue()).isFalse();
    }

    @Test
    void a_waiting_message_counts_toward_the_depth_and_is_not_due() {
        publisher.publish(message("m", ENDLESS), PATIENCE);

        assertThat(queue.depth()).isEqualTo(1);
        assertThat(queue.hasDue()).isFalse();
        assertThat(queue.take()).isEmpty();
    }

    @Test
    @Tag(Stage.TIMING)
    void a_message_becomes_due_soon_after_its_delay() throws Exception {
        Timing.within(ofSeconds(1), () -> {
            publisher.publish(message("m", SHORT), PATIENCE);
            takeSoon(queue).ack();
        });
    }

    @Test
    void messages_come_in_the_order_in_which_they_were_published() {
        List<RetryMessage> published =
                IntStream.range(0, 50).mapToObj(i -> message("m" + i, SHORT)).toList();
        published.forEach(message -> publisher.publish(message, PATIENCE));

        List<RetryMessage> due = published.stream()
                .map(next -> {
                    Delivery delivery = takeSoon(queue);
                    delivery.ack();
                    return delivery.message();
                })
                .toList();

        assertThat(due).isEqualTo(published);
    }

    @Test
    void the_queue_has_due_messages_until_the_last_one_is_taken() {
        putDue("one", "two");
        Delivery one = takeSoon(queue);
        await().until(queue::hasDue);

        Delivery two = takeSoon(queue);
        assertThat(queue.hasDue()).isFalse();

        two.handBack();
        await().until(queue::hasDue);
        one.ack();
        takeSoon(queue).ack();
    }

    @Test
    void as_many_can_be_under_way_as_a_worker_may_try_at_once() {
        putDue(IntStream.range(0, 256).mapToObj(i -> "m" + i).toArray(String[]::new));
        List<Delivery> taken = Stream.generate(() -> takeSoon(queue)).limit(256).toList();

        assertThat(queue.hasDue()).isFalse();

        taken.forEach(Delivery::ack);
        await().until(() -> queue.depth() == 0);
    }

    /** A broker that gives back what several had may lose some of it, as {@link WorkQueue} says. */
    @Test
    void each_message_has_a_channel_of_its_own_until_it_is_settled() {
        putDue("m0", "m1", "m2", "m3", "m4", "m5");
        List<Delivery> taken = Stream.generate(() -> takeSoon(queue)).limit(3).toList();
        List<Channel> channels =
                taken.stream().map(delivery -> delivery.channel).toList();

        assertThat(channels).doesNotHaveDuplicates();
        taken.get(0).ack();
        Delivery fourth = takeSoon(queue);
        assertThat(fourth.channel).isSameAs(channels.get(0));
        taken.get(1).handBack();
        Delivery fifth = takeSoon(queue);
        assertThat(fifth.channel).isSameAs(channels.get(1));
        Delivery sixth = takeSoon(queue);
        assertThat(sixth.channel).isNotIn(channels);

        Stream.of(taken.get(2), fourth, fifth, sixth, takeSoon(queue)).forEach(Delivery::ack);
    }

    @Test
    void what_is_handed_back_comes_again() {
        putDue("m");
        takeSoon(queue).handBack();

        Delivery again = takeSoon(queue);

        assertThat(again.message()).isEqualTo(message("m", SHORT));
        again.ack();
    }

    @Test
    void what_a_worker_holds_when_it_closes_goes_to_the_others() {
        putDue("m");
        takeSoon(queue);
        WorkQueue other = new WorkQueue(TestBroker.connections(), TOPOLOGY, publisher);
        assertThat(other.take()).isEmpty();

        queue.close();

        Delivery again = takeSoon(other);
        assertThat(again.message()).isEqualTo(message("m", SHORT));
        again.ack();
        other.close();
    }

    @Test
    void a_payload_that_cannot_be_read_is_parked_with_the_reason_and_the_next_message_is_taken() {
        putGarbage();
        putDue("m");

        Delivery next = takeSoon(queue);

        assertThat(next.message()).isEqualTo(message("m", SHORT));
        next.ack();
        var parked = parked();
        assertThat(parked.getBody()).asString(UTF_8).isEqualTo("{garbage");
        assertThat(parked.getMessageProperties().getReceivedDeliveryMode()).isEqualTo(MessageDeliveryMode.PERSISTENT);
        assertThat(parked.getMessageProperties().getHeaders().get("x-parked-because"))
                .hasToString("not the JSON of a retry message");
    }

    @Test
    void a_parking_queue_that_somebody_has_deleted_is_made_anew() {
        rabbit.execute(channel -> channel.queueDelete("sign.parking"));
        putGarbage();
        await().until(queue::hasDue);

        assertThat(queue.take()).isEmpty();

        assertThat(parked().getBody()).asString(UTF_8).isEqualTo("{garbage");
    }

    @Test
    void a_payload_that_cannot_be_parked_stays_where_it_is() {
        CachingConnectionFactory toNothing = TestBroker.connect(1);
        var nowhere = new RetryPublisher(TestBroker.template(toNothing), TOPOLOGY);
        var unlucky = new WorkQueue(TestBroker.connections(), TOPOLOGY, nowhere);
        putGarbage();
        await().until(unlucky::hasDue);

        assertThatThrownBy(unlucky::take).isInstanceOf(NotConfirmedException.class);

        await().until(unlucky::hasDue);
        unlucky.close();
        nowhere.close();
        toNothing.destroy();
        assertThat(queue.take()).isEmpty();
        assertThat(parked().getBody()).asString(UTF_8).isEqualTo("{garbage");
    }

    @Test
    void a_message_of_which_a_copy_is_parked_is_still_to_be_settled() {
        putDue("m");
        Delivery delivery = takeSoon(queue);

        delivery.copyToParking("given up");

        assertThat(parked().getBody()).asString(UTF_8).contains("\"m\"");
        delivery.handBack();
        takeSoon(queue).ack();
        await().until(() -> queue.depth() == 0);
    }

    @Test
    void a_broker_that_is_there_can_be_probed_without_leaving_anything() {
        publisher.probe(PATIENCE);

        assertThat(queue.depth()).isZero();
    }

    @Test
    void a_publish_that_no_queue_takes_is_not_confirmed() {
        var elsewhere = new RetryPublisher(rabbit, new RetryTopology(new UpstreamName("nowhere"), List.of(PATIENCE)));

        assertThatThrownBy(() -> elsewhere.publish(message("m", 1), PATIENCE))
                .isInstanceOf(NotConfirmedException.class);
        elsewhere.close();
    }

    @Test
    void a_deleted_wait_queue_confirms_nothing_until_it_is_declared_again() {
        RetryTopology topology = TestBroker.DAMAGED_RETRIES;
        var damaged = new RetryPublisher(rabbit, topology);
        var looking = new WorkQueue(TestBroker.connections(), topology, damaged);
        assertThat(looking.depth()).isZero();
        rabbit.execute(channel -> channel.queueDelete("damaged.wait.600s"));

        assertThatThrownBy(() -> damaged.publish(message("m", ENDLESS), PATIENCE))
                .isInstanceOf(NotConfirmedException.class);

        // The first look fails and the next one declares the queue.
        await().ignoreExceptions().until(() -> looking.depth() == 0);
        damaged.publish(message("m", ENDLESS), PATIENCE);
        assertThat(looking.depth()).isEqualTo(1);
        looking.close();
        damaged.close();
        TestBroker.purge(topology.queues().sequencedKeySet());
    }

    @Test
    void publishes_fail_while_the_broker_is_down_and_succeed_once_it_is_back() {
        try (var gated = new Gated()) {
            gated.publisher.publish(message("before", ENDLESS), PATIENCE);
            gated.gate.cut();

            assertThatThrownBy(() -> gated.publisher.publish(message("m", ENDLESS), PATIENCE))
                    .isInstanceOf(NotConfirmedException.class);
            assertThatThrownBy(() -> gated.publisher.probe(PATIENCE)).isInstanceOf(NotConfirmedException.class);

            gated.gate.open();
            await().ignoreExceptions()
                    .untilAsserted(() -> gated.publisher.publish(message("after", ENDLESS), PATIENCE));
        }
    }

    @Test
    void a_publish_fails_when_its_confirm_does_not_arrive_although_the_broker_has_the_message() {
        try (var gated = new Gated()) {
            gated.publisher.publish(message("before", ENDLESS), PATIENCE);
            RabbitTemplate muting = TestBroker.template(gated.connections);
            muting.setBeforePublishPostProcessors(message -> {
                gated.gate.mute();
                return message;
            });
            try (var unconfirmed = new RetryPublisher(muting, TOPOLOGY)) {
                assertThatThrownBy(() -> unconfirmed.publish(message("m", ENDLESS), ofMillis(500)))
                        .isInstanceOf(NotConfirmedException.class)
                        .hasMessage("RabbitMQ did not answer in time");

                await().until(() -> queue.depth() == 2);
            }
        }
    }

    @Test
    void a_publish_fails_when_the_broker_does_not_answer() {
        try (var gated = new Gated()) {
            gated.publisher.publish(message("before", ENDLESS), PATIENCE);
            gated.gate.silence();

            assertThatThrownBy(() -> gated.publisher.publish(message("m", ENDLESS), ofMillis(200)))
                    .isInstanceOf(NotConfirmedException.class)
                    .hasMessage("RabbitMQ did not answer in time");
        }
    }

    @Test
    @Tag(Stage.TIMING)
    void a_publish_gives_up_on_a_silent_broker_when_its_patience_ends() throws Exception {
        try (var gated = new Gated()) {
            gated.publisher.publish(message("before", ENDLESS), PATIENCE);
            gated.gate.silence();

            Timing.within(
                    ofMillis(500),
                    () -> assertThatThrownBy(() -> gated.publisher.publish(message("m", ENDLESS), ofMillis(200)))
                            .isInstanceOf(NotConfirmedException.class));
        }
    }

    @Test
    void a_broker_that_is_away_is_told_and_the_queue_works_again_when_it_is_back() {
        try (var gated = new Gated()) {
            putDue("m");
            await().until(gated.queue::hasDue);
            gated.gate.cut();

            assertThatThrownBy(gated.queue::hasDue).isInstanceOf(AmqpException.class);
            assertThatThrownBy(gated.queue::take).isInstanceOf(AmqpException.class);

            gated.gate.open();
            await().ignoreExceptions().until(gated.queue::hasDue);
            Delivery delivery = takeSoon(gated.queue);
            assertThat(delivery.message()).isEqualTo(message("m", SHORT));
            delivery.ack();
        }
    }

    @Test
    void settling_over_a_lost_connection_fails_and_leaves_what_was_taken_since_alone() {
        try (var gated = new Gated()) {
            putDue("old");
            Delivery old = takeSoon(gated.queue);
            gated.gate.cut();
            gated.gate.open();
            await().ignoreExceptions().until(gated.queue::hasDue);
            Delivery again = takeSoon(gated.queue);
            assertThat(again.message()).isEqualTo(message("old", SHORT));

            assertThatThrownBy(old::ack).isInstanceOf(AmqpException.class);

            assertThat(gated.queue.take()).isEmpty();
            again.ack();
            await().until(() -> gated.queue.depth() == 0);
        }
    }

    /** A process whose way to the broker can be cut. */
    private static final class Gated implements AutoCloseable {

        final Gate gate = Gate.to(TestBroker.port());
        final CachingConnectionFactory connections = TestBroker.connect(gate.port());
        final RetryPublisher publisher = new RetryPublisher(TestBroker.template(connections), TOPOLOGY);
        final WorkQueue queue = new WorkQueue(connections, TOPOLOGY, publisher);

        @Override
        public void close() {
            gate.open();
            queue.close();
            publisher.close();
            // Waits for the broker's answer, so everything that the gate held back has arrived.
            connections.destroy();
            gate.close();
        }
    }

    /** Publishes messages that are due at once. */
    private void putDue(String... texts) {
        Stream.of(texts).parallel().forEach(text -> putDue(message(text, SHORT).toJson()));
    }

    private void putGarbage() {
        putDue("{garbage".getBytes(UTF_8));
    }

    private void putDue(byte[] payload) {
        toWork.send(TOPOLOGY.workQueue(), payload, Map.of(), PATIENCE);
    }

    private static Delivery takeSoon(WorkQueue from) {
        return from.take()
                .orElseGet(() -> await().until(from::take, Optional::isPresent).orElseThrow());
    }

    private org.springframework.amqp.core.Message parked() {
        return await().until(() -> rabbit.receive(TOPOLOGY.parkingQueue()), Objects::nonNull);
    }

    private static Duration since(long nanos) {
        return Duration.ofNanos(System.nanoTime() - nanos);
    }

    private static RetryMessage message(String text, int attempt) {
        return new RetryMessage(new Message(text), attempt, Instant.ofEpochMilli(1_764_000_000_000L));
    }
}
