package io.cryptowrapper.containers;

import static java.time.Duration.ZERO;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.broker.NotConfirmedException;
import io.cryptowrapper.retryqueue.Delivery;
import io.cryptowrapper.retryqueue.RetryMessage;
import io.cryptowrapper.retryqueue.RetryPublisher;
import io.cryptowrapper.retryqueue.RetryTopology;
import io.cryptowrapper.retryqueue.WorkQueue;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.UpstreamName;
import io.cryptowrapper.testing.Containers;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.core.ConditionFactory;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.testcontainers.rabbitmq.RabbitMQContainer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The queues on RabbitMQ: what it makes of their arguments, and what the embedded broker does otherwise. */
@OnContainers
@Timeout(120)
class TopologyIT {

    private static final Duration PATIENCE = ofSeconds(5);
    private static final Duration SHORT = ofMillis(300);
    private static final Duration LONG = ofSeconds(2);

    /** How much later than its delay a message may be due where other programs use the processors too. */
    private static final Duration LATENESS = ofSeconds(1);

    /** How many messages are to be confirmed at least before the broker is killed, and how many publish them. */
    private static final int CONFIRMED = 2500;

    private static final int PUBLISHERS = 32;

    private final RabbitMQContainer rabbit;
    private final CachingConnectionFactory connections;
    private final RetryTopology topology;
    private final RetryPublisher publisher;
    private final WorkQueue queue;

    TopologyIT(
            RabbitMQContainer rabbit,
            CachingConnectionFactory connections,
            RetryTopology topology,
            RetryPublisher publisher) {
        this.rabbit = rabbit;
        this.connections = connections;
        this.topology = topology;
        this.publisher = publisher;
        this.queue = new WorkQueue(connections, topology, publisher);
    }

    @BeforeEach
    void nothing_waits() {
        assertThat(queue.depth()).isZero();
    }

    @AfterEach
    void close() {
        queue.close();
    }

    @Test
    void the_broker_reports_each_queue_with_the_arguments_of_the_topology() {
        Map<String, Map<String, Object>> reported = new LinkedHashMap<>();
        for (String name : topology.queues().sequencedKeySet()) {
            JsonNode report = fromManagement("/api/queues/%2F/" + name);
            assertThat(report.get("durable").booleanValue()).isTrue();
            assertThat(report.get("auto_delete").booleanValue()).isFalse();
            reported.put(name, map(report.get("arguments").toString()));
        }

        assertThat(reported).isEqualTo(map(JsonMapper.shared().writeValueAsString(topology.queues())));
        assertThat(reported.get("sign.wait.300ms"))
                .isEqualTo(Map.of(
                        "x-queue-type", "quorum",
                        "x-message-ttl", 300,
                        "x-dead-letter-exchange", "",
                        "x-dead-letter-routing-key", "sign.work",
                        "x-dead-letter-strategy", "at-least-once",
                        "x-overflow", "reject-publish"));
    }

    @Test
    void a_message_waits_as_long_as_its_delay_and_is_then_due() {
        long start = System.nanoTime();
        publisher.publish(message("m", 1), PATIENCE);
        assertThat(queue.hasDue()).isFalse();

        Delivery delivery = takeSoon();

        assertThat(since(start)).isBetween(SHORT, SHORT.plus(LATENESS));
        assertThat(delivery.message()).isEqualTo(message("m", 1));
        delivery.ack();
    }

    @Test
    void a_long_delay_does_not_block_a_short_one() {
        long start = System.nanoTime();
        publisher.publish(message("long", 2), PATIENCE);
        publisher.publish(message("short", 1), PATIENCE);

        Delivery first = takeSoon();
        assertThat(since(start)).isBetween(SHORT, SHORT.plus(LATENESS));
        Delivery second = takeSoon();
        assertThat(since(start)).isBetween(LONG, LONG.plus(LATENESS));

        assertThat(first.message()).isEqualTo(message("short", 1));
        assertThat(second.message()).isEqualTo(message("long", 2));
        first.ack();
        second.ack();
    }

    @Test
    void messages_are_due_in_the_order_in_which_they_were_published() {
        List<RetryMessage> published =
                IntStream.range(0, 100).mapToObj(i -> message("m" + i, 1)).toList();
        published.forEach(message -> publisher.publish(message, PATIENCE));

        List<RetryMessage> due = published.stream()
                .map(next -> {
                    Delivery delivery = takeSoon();
                    delivery.ack();
                    return delivery.message();
                })
                .toList();

        assertThat(due).isEqualTo(published);
    }

    @Test
    void of_two_messages_that_are_due_one_is_still_when_the_other_is_under_way() {
        publisher.publish(message("one", 1), PATIENCE);
        publisher.publish(message("two", 1), PATIENCE);
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

        assertThatThrownBy(() -> publisher.publish(message("m", 1), PATIENCE))
                .isInstanceOf(NotConfirmedException.class)
                .hasMessage("there is no queue sign.wait.300ms");

        // Whoever looks at it makes it anew: at the first look it is missed, at the next it is there.
        await().ignoreExceptions().until(() -> queue.depth() == 0);
        publisher.publish(message("m", 1), PATIENCE);
        takeSoon().ack();
    }

    @Test
    void what_a_worker_holds_when_it_closes_goes_to_the_others_at_once() {
        publisher.publish(message("m", 1), PATIENCE);
        takeSoon();
        var other = new WorkQueue(connections, topology, publisher);

        queue.close();

        await().atMost(ofSeconds(5)).until(other::hasDue);
        other.take().orElseThrow().ack();
        other.close();
    }

    @Test
    void nothing_is_lost_when_the_broker_is_killed_while_messages_become_due() throws Exception {
        var crashing = new RetryTopology(UpstreamName.SIGN, List.of(ofSeconds(1)));
        Set<RetryMessage> confirmed = ConcurrentHashMap.newKeySet();
        try (RabbitMQContainer own = Containers.rabbitMq()) {
            own.start();
            String moment;
            try (BrokerClient before = BrokerClient.of(own, crashing)) {
                moment = killWhileMessagesMove(own, before, confirmed);
            }
            Crash.startAgain(own);
            try (BrokerClient after = BrokerClient.of(own, crashing)) {
                assertAllBecomeDue(after.queue(), confirmed, moment);
            }
        }
    }

    /**
     * More than 32 under way: RabbitMQ before 4.1.1 gives those of one channel back in another order when it replays.
     */
    @Test
    void nothing_is_lost_when_the_broker_is_killed_after_workers_that_had_many_under_way() {
        var crashing = new RetryTopology(UpstreamName.SIGN, List.of(ofMillis(100)));
        List<RetryMessage> all =
                IntStream.range(0, 64).mapToObj(i -> message("m" + i, 1)).toList();
        Set<RetryMessage> left = new HashSet<>(all);
        try (RabbitMQContainer own = Containers.rabbitMq()) {
            own.start();
            try (BrokerClient first = BrokerClient.of(own, crashing);
                    BrokerClient second = BrokerClient.of(own, crashing)) {
                assertThat(first.queue().depth()).isZero();
                all.forEach(message -> first.publisher().publish(message, PATIENCE));
                take(first.queue(), all.size());
                first.queue().close();
                take(second.queue(), all.size()).stream().limit(40).forEach(settled -> {
                    settled.ack();
                    left.remove(settled.message());
                });
                // It knows of the acknowledgements: what is left comes back, and nothing else.
                second.queue().close();
                assertThat(take(second.queue(), left.size()))
                        .extracting(Delivery::message)
                        .containsExactlyInAnyOrderElementsOf(left);
                Crash.kill(own);
            }
            Crash.startAgain(own);
            try (BrokerClient after = BrokerClient.of(own, crashing)) {
                assertAllBecomeDue(after.queue(), left, "killed when all of them were under way");
            }
        }
    }

    private static List<Delivery> take(WorkQueue from, int number) {
        return Stream.generate(
                        () -> soon().until(from::take, Optional::isPresent).orElseThrow())
                .limit(number)
                .toList();
    }

    /**
     * Publishes until the kill, so that whenever it comes some messages wait, some are due and some are under way.
     *
     * @return when it came, in words
     */
    private static String killWhileMessagesMove(RabbitMQContainer own, BrokerClient client, Set<RetryMessage> confirmed)
            throws Exception {
        assertThat(client.queue().depth()).isZero();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                var channel = client.connections().createConnection().createChannel(false)) {
            for (int thread = 0; thread < PUBLISHERS; thread++) {
                String name = "m" + thread + ".";
                threads.execute(() -> publishUntilRefused(client.publisher(), name, confirmed));
            }
            long[] counts = soon().atMost(ofSeconds(60))
                    .until(
                            () -> new long[] {
                                channel.messageCount("sign.wait.1s"), channel.messageCount("sign.work"),
                            },
                            count -> confirmed.size() >= CONFIRMED && count[0] >= 500 && count[1] >= 500);
            Crash.kill(own);
            return "killed when %d waited and %d were due".formatted(counts[0], counts[1]);
        }
    }

    private static void publishUntilRefused(RetryPublisher publisher, String name, Set<RetryMessage> confirmed) {
        for (int i = 0; ; i++) {
            RetryMessage next = message(name + i, 1);
            try {
                publisher.publish(next, PATIENCE);
            } catch (NotConfirmedException killed) {
                return;
            }
            confirmed.add(next);
        }
    }

    private static void assertAllBecomeDue(WorkQueue queue, Set<RetryMessage> confirmed, String moment) {
        Set<RetryMessage> lost = new HashSet<>(confirmed);
        Set<RetryMessage> seen = new HashSet<>();
        AtomicInteger twice = new AtomicInteger();
        try {
            // Messages of a queue that has just been recovered wait anew.
            await().atMost(ofSeconds(30)).ignoreExceptions().until(() -> {
                for (var due = queue.take(); due.isPresent(); due = queue.take()) {
                    RetryMessage message = due.get().message();
                    due.get().ack();
                    lost.remove(message);
                    if (!seen.add(message)) {
                        twice.incrementAndGet();
                    }
                }
                return lost.isEmpty() && queue.depth() == 0;
            });
        } catch (ConditionTimeoutException e) {
            // Told below.
        }
        String summary = "%d messages confirmed, %d lost, %d due twice; %s"
                .formatted(confirmed.size(), lost.size(), twice.get(), moment);
        System.out.println(summary);
        assertThat(lost.size()).as(summary).isZero();
    }

    private Delivery takeSoon() {
        return take(queue, 1).getFirst();
    }

    private static ConditionFactory soon() {
        return await().pollDelay(ZERO).pollInterval(ofMillis(10));
    }

    private void deleteQueue(String name) throws Exception {
        var connection = connections.createConnection();
        var channel = connection.createChannel(false);
        channel.queueDelete(name);
        channel.close();
    }

    private JsonNode fromManagement(String path) {
        String password = rabbit.getAdminUsername() + ":" + rabbit.getAdminPassword();
        var request = HttpRequest.newBuilder(URI.create(rabbit.getHttpUrl() + path))
                .header(
                        "Authorization",
                        "Basic " + Base64.getEncoder().encodeToString(password.getBytes(StandardCharsets.UTF_8)))
                .build();
        try (HttpClient http = HttpClient.newHttpClient()) {
            // It hears of a new queue a little later than whoever declared it.
            HttpResponse<String> response = await().ignoreExceptions()
                    .until(
                            () -> http.send(request, HttpResponse.BodyHandlers.ofString()),
                            answer -> answer.statusCode() == 200);
            return JsonMapper.shared().readTree(response.body());
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(String json) {
        return JsonMapper.shared().readValue(json, Map.class);
    }

    private static Duration since(long nanos) {
        return Duration.ofNanos(System.nanoTime() - nanos);
    }

    private static RetryMessage message(String text, int attempt) {
        return new RetryMessage(new Message(text), attempt, Instant.ofEpochMilli(1_764_000_000_000L));
    }
}
