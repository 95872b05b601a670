package io.cryptowrapper.callbacks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.TestBroker;
import io.cryptowrapper.broker.NotConfirmedException;
import io.cryptowrapper.testing.Stage;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.amqp.rabbit.core.RabbitTemplate;

/** The queues of callbacks on a real broker. */
@Tag(Stage.BOTH_SERVERS)
@Timeout(120)
class CallbackQueueTest {

    private static final CallbackTopology TOPOLOGY = TestBroker.CALLBACKS;
    private static final Duration PATIENCE = ofSeconds(30);

    private final RabbitTemplate rabbit = TestBroker.template(TestBroker.connections());
    private final CallbackPublisher publisher = new CallbackPublisher(rabbit, TOPOLOGY, Clock.systemUTC());
    private final CallbackQueue queue = new CallbackQueue(TestBroker.connections(), TOPOLOGY);
    private final CallbackQueue other = new CallbackQueue(TestBroker.connections(), TOPOLOGY);
    private final ParkedCallbacks parked = new ParkedCallbacks(queue, TOPOLOGY, publisher, Clock.systemUTC());
    private final BlockingQueue<TakenCallback> taken = new LinkedBlockingQueue<>();

    @AfterEach
    void empty() {
        queue.close();
        other.close();
        publisher.close();
        // Opens a channel, which declares all queues.
        queue.waiting();
        TestBroker.purge(TOPOLOGY.queues().sequencedKeySet());
    }

    @Test
    void a_due_callback_arrives_at_once_and_another_one_when_it_is_due() throws Exception {
        Callback now = callback("now", Instant.now());
        // Longer than the delay of the wait queue: the callback passes the work queue and waits again.
        Callback later = now.next(Instant.now().plusMillis(300));
        queue.subscribe(taken::add);
        publisher.publish(now, PATIENCE);
        publisher.publish(later, PATIENCE);

        TakenCallback first = taken.take();
        assertThat(first.read()).isEqualTo(now);
        first.ack();
        TakenCallback second = taken.take();
        int rounds = 0;
        while (!TOPOLOGY.isDue(second.read().left(Instant.now()))) {
            rounds++;
            publisher.publish(second.read(), PATIENCE);
            second.ack();
            second = taken.take();
        }

        assertThat(second.read().attempt()).isEqualTo(2);
        assertThat(rounds).as("it waits in a queue, and not by going round").isLessThanOrEqualTo(2);
        // The topology allows it to be early by a tenth of the shortest delay.
        assertThat(Duration.between(later.dueAt(), Instant.now())).isGreaterThanOrEqualTo(ofMillis(-20));
        second.ack();
        await().until(() -> queue.waiting() == 0);
    }

    @Test
    void a_worker_holds_a_limited_number_of_callbacks_and_returns_them_when_it_closes() {
        queue.subscribe(taken::add);
        Set<String> all = ids(2 * CallbackQueue.MOST_AT_ONCE);
        all.stream().parallel().forEach(id -> publisher.publish(callback(id, Instant.now()), PATIENCE));
        await().until(() -> taken.size() == CallbackQueue.MOST_AT_ONCE);

        Set<String> seen = ConcurrentHashMap.newKeySet();
        other.subscribe(one -> {
            seen.add(one.read().id());
            one.ack();
        });

        await().until(() -> seen.size() == CallbackQueue.MOST_AT_ONCE);
        assertThat(taken)
                .hasSize(CallbackQueue.MOST_AT_ONCE)
                .extracting(one -> one.read().id())
                .doesNotContainAnyElementsOf(seen);
        queue.close();
        await().until(() -> seen.equals(all));
        await().until(() -> queue.waiting() == 0);
    }

    @Test
    void parked_callbacks_can_be_listed_repeatedly_and_are_replayed_once() throws Exception {
        IntStream.range(0, 3).forEach(i -> park("c" + i));
        publisher.park("{garbage".getBytes(UTF_8), "unreadable", PATIENCE);

        for (int look = 0; look < 3; look++) {
            await().until(() -> parked.count() == 4);
            assertThat(parked.first(100))
                    .extracting(ParkedCallbacks.Parked::reason)
                    .containsExactlyInAnyOrder("it answered 500", "it answered 500", "it answered 500", "unreadable");
        }
        await().until(() -> parked.count() == 4);
        assertThat(parked.replay(callback -> callback.id().equals("c1"))).isEqualTo(1);
        assertThat(parked.replay(callback -> true)).isEqualTo(2);

        queue.subscribe(taken::add);
        List<TakenCallback> replayed = List.of(taken.take(), taken.take(), taken.take());
        assertThat(replayed).extracting(one -> one.read().id()).containsExactlyInAnyOrder("c0", "c1", "c2");
        assertThat(replayed).allSatisfy(one -> assertThat(one.read().attempt()).isEqualTo(1));
        replayed.forEach(TakenCallback::ack);
        await().until(() -> parked.count() == 1);
    }

    /** The embedded broker refuses to delete a queue that others dead-letter to. */
    @Test
    @Tag(Stage.CONTAINERS)
    void a_deleted_work_queue_is_declared_again_by_the_next_subscription() throws Exception {
        queue.subscribe(taken::add);
        rabbit.execute(channel -> channel.queueDelete(TOPOLOGY.workQueue()));
        await().until(() -> !queue.isSubscribed());
        assertThatThrownBy(() -> publisher.publish(callback("lost", Instant.now()), PATIENCE))
                .isInstanceOf(NotConfirmedException.class);

        queue.subscribe(taken::add);

        publisher.publish(callback("m", Instant.now()), PATIENCE);
        taken.take().ack();
    }

    private void park(String id) {
        byte[] payload = ("{\"v\":1,\"id\":\"" + id
                        + "\",\"url\":\"https://example.com/\",\"body\":\"{}\",\"attempt\":10,\"created_at\":1,\"due_at\":1}")
                .getBytes(UTF_8);
        publisher.park(payload, "it answered 500", PATIENCE);
    }

    private static Set<String> ids(int number) {
        return IntStream.range(0, number).mapToObj(i -> "c" + i).collect(Collectors.toSet());
    }

    private static Callback callback(String id, Instant now) {
        return Callback.first(id, URI.create("https://example.com/hook"), "{}", now);
    }
}
