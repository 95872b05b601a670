package io.cryptowrapper.containers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.broker.NotConfirmedException;
import io.cryptowrapper.callbacks.Callback;
import io.cryptowrapper.callbacks.CallbackPublisher;
import io.cryptowrapper.callbacks.CallbackQueue;
import io.cryptowrapper.callbacks.CallbackTopology;
import io.cryptowrapper.callbacks.ParkedCallbacks;
import io.cryptowrapper.callbacks.TakenCallback;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitTemplate;

/** The queues of callbacks on RabbitMQ. */
@OnContainers
@Timeout(120)
class CallbackQueuesIT {

    private static final Duration PATIENCE = ofSeconds(5);

    private final CallbackTopology topology;
    private final CallbackPublisher publisher;
    private final RabbitTemplate rabbit;
    private final CallbackQueue queue;
    private final CallbackQueue other;
    private final ParkedCallbacks parked;
    private final BlockingQueue<TakenCallback> taken = new LinkedBlockingQueue<>();

    CallbackQueuesIT(
            CachingConnectionFactory connections,
            CallbackTopology topology,
            CallbackPublisher publisher,
            RabbitTemplate rabbit) {
        this.topology = topology;
        this.publisher = publisher;
        this.rabbit = rabbit;
        this.queue = new CallbackQueue(connections, topology);
        this.other = new CallbackQueue(connections, topology);
        this.parked = new ParkedCallbacks(queue, topology, publisher, Clock.systemUTC());
    }

    @AfterEach
    void empty() {
        queue.close();
        other.close();
        await().ignoreExceptions().until(() -> {
            topology.queues().keySet().forEach(name -> rabbit.execute(channel -> channel.queuePurge(name)));
            return queue.waiting() == 0 && parked.count() == 0;
        });
    }

    @Test
    void a_callback_that_is_due_comes_at_once_and_another_one_when_it_is_due() throws Exception {
        Callback now = callback("now", Instant.now());
        Callback later = now.next(Instant.now().plusMillis(1500));
        queue.subscribe(taken::add);
        publisher.publish(later, PATIENCE);
        publisher.publish(now, PATIENCE);

        TakenCallback first = take();
        assertThat(first.read()).isEqualTo(now);
        first.ack();
        TakenCallback second = take();
        while (!topology.isDue(second.read().left(Instant.now()))) {
            publisher.publish(second.read(), PATIENCE);
            second.ack();
            second = take();
        }

        assertThat(second.read().attempt()).isEqualTo(2);
        assertThat(Duration.between(later.dueAt(), Instant.now())).isBetween(ofMillis(-100), ofSeconds(3));
        second.ack();
        await().until(() -> queue.waiting() == 0);
    }

    @Test
    void what_a_worker_holds_when_it_closes_goes_to_the_others_and_no_more_comes_than_it_can_hold() throws Exception {
        queue.subscribe(taken::add);
        IntStream.range(0, 2 * CallbackQueue.MOST_AT_ONCE)
                .forEach(i -> publisher.publish(callback("c" + i, Instant.now()), PATIENCE));
        await().until(() -> taken.size() == CallbackQueue.MOST_AT_ONCE);
        await().during(ofMillis(500)).until(() -> taken.size() == CallbackQueue.MOST_AT_ONCE);
        taken.clear();

        queue.close();

        Set<String> seen = ConcurrentHashMap.newKeySet();
        other.subscribe(again -> {
            seen.add(again.read().id());
            again.ack();
        });
        await().until(() -> seen.size() == 2 * CallbackQueue.MOST_AT_ONCE);
        await().until(() -> queue.waiting() == 0);
    }

    @Test
    void what_is_parked_is_shown_as_often_as_somebody_looks_and_replayed_once() throws Exception {
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
        List<TakenCallback> replayed = List.of(take(), take(), take());
        assertThat(replayed).extracting(one -> one.read().id()).containsExactlyInAnyOrder("c0", "c1", "c2");
        assertThat(replayed).allSatisfy(one -> assertThat(one.read().attempt()).isEqualTo(1));
        for (TakenCallback one : replayed) {
            one.ack();
        }
        await().until(() -> parked.count() == 1);
    }

    @Test
    void a_queue_that_somebody_has_deleted_is_made_anew() throws Exception {
        queue.subscribe(taken::add);
        rabbit.execute(channel -> channel.queueDelete(topology.workQueue()));
        await().until(() -> !queue.isSubscribed());
        assertThat(isTaken(callback("lost", Instant.now()))).isFalse();

        queue.subscribe(taken::add);

        publisher.publish(callback("m", Instant.now()), PATIENCE);
        take().ack();
    }

    private boolean isTaken(Callback callback) {
        try {
            publisher.publish(callback, PATIENCE);
            return true;
        } catch (NotConfirmedException e) {
            return false;
        }
    }

    private void park(String id) {
        byte[] payload = ("{\"v\":1,\"id\":\"" + id
                        + "\",\"url\":\"https://example.com/\",\"body\":\"{}\",\"attempt\":10,\"created_at\":1,\"due_at\":1}")
                .getBytes(UTF_8);
        publisher.park(payload, "it answered 500", PATIENCE);
    }

    private TakenCallback take() throws InterruptedException {
        @Nullable TakenCallback next = taken.poll(30, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("no callback came");
        }
        return next;
    }

    private static Callback callback(String id, Instant now) {
        return Callback.first(id, URI.create("https://example.com/hook"), "{}", now);
    }
}
