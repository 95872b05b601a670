package io.cryptowrapper.containers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.TestBroker;
import io.cryptowrapper.broker.ConfirmedPublisher;
import io.cryptowrapper.broker.NotConfirmedException;
import io.cryptowrapper.callbacks.CallbackQueue;
import io.cryptowrapper.callbacks.CallbackTopology;
import io.cryptowrapper.retryqueue.Delivery;
import io.cryptowrapper.retryqueue.RetryMessage;
import io.cryptowrapper.retryqueue.RetryPublisher;
import io.cryptowrapper.retryqueue.RetryTopology;
import io.cryptowrapper.retryqueue.WorkQueue;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.UpstreamName;
import io.cryptowrapper.testing.Containers;
import io.cryptowrapper.testing.Stage;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.testcontainers.rabbitmq.RabbitMQContainer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * How RabbitMQ declares the queues, which publishes it refuses, and what survives when it is killed. All tests share
 * one broker, and each has its own queues.
 */
@Tag(Stage.CONTAINERS)
@Timeout(300)
class RabbitMqTest {

    private static final Duration PATIENCE = ofSeconds(30);
    private static final int MANAGEMENT = 15672;

    /** The number of confirmed messages before the broker is killed, and of threads that publish them. */
    private static final int CONFIRMED = 2500;

    private static final int PUBLISHERS = 32;

    /**
     * When a broker starts again, a wait queue may forward messages to a work queue that is not up yet. It forwards
     * them again after this time, by default three minutes.
     */
    private static final Duration FORWARD_AGAIN = ofSeconds(5);

    private static RabbitMQContainer rabbit;

    @BeforeAll
    static void start() {
        rabbit = Containers.rabbitMq();
        rabbit.withEnv(
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
                "-rabbit dead_letter_worker_publisher_confirm_timeout " + FORWARD_AGAIN.toMillis());
        rabbit.start();
    }

    @AfterAll
    static void stop() {
        rabbit.stop();
    }

    @Test
    void rabbitmq_reports_the_retry_queues_with_the_arguments_of_the_topology() {
        var topology = new RetryTopology(new UpstreamName("reported"), List.of(ofMillis(300), ofSeconds(6)));
        try (BrokerClient client = BrokerClient.connect(rabbit, topology)) {
            assertThat(client.queue().depth()).isZero();

            assertThat(reported(topology.queues())).isEqualTo(asJson(topology.queues()));
        }
    }

    @Test
    void rabbitmq_reports_the_callback_queues_with_the_arguments_of_the_topology() {
        var topology = new CallbackTopology(new UpstreamName("reported"), List.of(Duration.ZERO, ofSeconds(5)));
        try (BrokerClient client = BrokerClient.connect(rabbit, retries("unused"));
                var queue = new CallbackQueue(client.connections(), topology)) {
            assertThat(queue.waiting()).isZero();

            assertThat(reported(topology.queues())).isEqualTo(asJson(topology.queues()));
        }
    }

    @Test
    void a_message_that_rabbitmq_acknowledges_and_returns_is_not_confirmed() {
        try (BrokerClient client = BrokerClient.connect(rabbit, retries("returning"));
                var elsewhere = new RetryPublisher(TestBroker.template(client.connections()), retries("nowhere"))) {
            assertThatThrownBy(() -> elsewhere.publish(message("m"), PATIENCE))
                    .isInstanceOf(NotConfirmedException.class)
                    .hasMessage("there is no queue nowhere.wait.100ms");
        }
    }

    @Test
    void a_message_that_rabbitmq_rejects_is_not_confirmed() throws Exception {
        try (BrokerClient client = BrokerClient.connect(rabbit, retries("refusing"));
                var connection = client.connections().createConnection();
                var channel = connection.createChannel(false);
                var publisher = new ConfirmedPublisher(TestBroker.template(client.connections()))) {
            channel.queueDeclare(
                    "small", true, false, false, Map.of("x-max-length", 1, "x-overflow", "reject-publish"));
            publisher.send("small", "fits".getBytes(UTF_8), Map.of(), PATIENCE);

            assertThatThrownBy(() -> publisher.send("small", "m".getBytes(UTF_8), Map.of(), PATIENCE))
                    .isInstanceOf(NotConfirmedException.class)
                    .hasMessage("RabbitMQ refused the message");
        }
    }

    @Test
    void a_wait_queue_that_is_declared_again_delays_as_before() throws Exception {
        try (BrokerClient client = BrokerClient.connect(rabbit, retries("deleted"))) {
            assertThat(client.queue().depth()).isZero();
            try (var channel = client.connections().createConnection().createChannel(false)) {
                channel.queueDelete("deleted.wait.100ms");
            }
            // The first look fails and the next one declares the queue.
            await().ignoreExceptions().until(() -> client.queue().depth() == 0);
            long start = System.nanoTime();

            client.publisher().publish(message("m"), PATIENCE);
            take(client.queue(), 1).getFirst().ack();

            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(ofMillis(100));
        }
    }

    @Test
    void no_message_is_lost_when_rabbitmq_is_killed_while_messages_become_due() throws Exception {
        var topology = new RetryTopology(new UpstreamName("moving"), List.of(ofSeconds(3)));
        Set<RetryMessage> confirmed = ConcurrentHashMap.newKeySet();
        String moment;
        try (BrokerClient before = BrokerClient.connect(rabbit, topology)) {
            moment = killWhileMessagesMove(before, confirmed);
        }
        Crash.startAgain(rabbit);
        try (BrokerClient after = BrokerClient.connect(rabbit, topology)) {
            assertAllBecomeDue(after.queue(), confirmed, moment);
        }
    }

    /**
     * More than 32 under way: RabbitMQ before 4.1.1 gives those of one channel back in another order when it replays.
     */
    @Test
    void no_message_is_lost_when_rabbitmq_is_killed_with_many_messages_under_way() {
        RetryTopology topology = retries("many");
        List<RetryMessage> all =
                IntStream.range(0, 64).mapToObj(i -> message("m" + i)).toList();
        Set<RetryMessage> left = new HashSet<>(all);
        try (BrokerClient first = BrokerClient.connect(rabbit, topology);
                BrokerClient second = BrokerClient.connect(rabbit, topology)) {
            all.forEach(message -> first.publisher().publish(message, PATIENCE));
            take(first.queue(), all.size());
            first.queue().close();
            take(second.queue(), all.size()).stream().limit(40).forEach(settled -> {
                settled.ack();
                left.remove(settled.message());
            });
            // The broker has seen the acknowledgements: it redelivers the other messages only.
            second.queue().close();
            assertThat(take(second.queue(), left.size()))
                    .extracting(Delivery::message)
                    .containsExactlyInAnyOrderElementsOf(left);
            Crash.kill(rabbit);
        }
        Crash.startAgain(rabbit);
        try (BrokerClient after = BrokerClient.connect(rabbit, topology)) {
            assertAllBecomeDue(after.queue(), left, "killed when all of them were under way");
        }
    }

    /**
     * Publishes until the kill, so that some messages wait, some are due and some are under way when it comes.
     *
     * @return when it came, in words
     */
    private static String killWhileMessagesMove(BrokerClient client, Set<RetryMessage> confirmed) throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                var channel = client.connections().createConnection().createChannel(false)) {
            for (int thread = 0; thread < PUBLISHERS; thread++) {
                String name = "m" + thread + ".";
                threads.execute(() -> publishUntilRefused(client.publisher(), name, confirmed));
            }
            long[] counts = await().until(
                            () -> new long[] {
                                channel.messageCount("moving.wait.3s"), channel.messageCount("moving.work"),
                            },
                            count -> confirmed.size() >= CONFIRMED && count[0] >= 500 && count[1] >= 500);
            Crash.kill(rabbit);
            return "killed when %d waited and %d were due".formatted(counts[0], counts[1]);
        }
    }

    private static void publishUntilRefused(RetryPublisher publisher, String name, Set<RetryMessage> confirmed) {
        for (int i = 0; ; i++) {
            RetryMessage next = message(name + i);
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
            // In a recovered queue, messages wait for their whole delay again.
            await().ignoreExceptions().until(() -> {
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
            // Reported below.
        }
        String summary = "%d messages confirmed, %d lost, %d due twice; %s"
                .formatted(confirmed.size(), lost.size(), twice.get(), moment);
        System.out.println(summary);
        assertThat(lost.size()).as(summary).isZero();
    }

    private static List<Delivery> take(WorkQueue from, int number) {
        return Stream.generate(
                        () -> await().until(from::take, Optional::isPresent).orElseThrow())
                .limit(number)
                .toList();
    }

    /** The arguments of each queue; asserts that the queue outlives a restart and its clients. */
    private static Map<String, Object> reported(SequencedMap<String, Map<String, Object>> queues) {
        Map<String, Object> reported = new LinkedHashMap<>();
        for (String name : queues.sequencedKeySet()) {
            JsonNode report = fromManagement("/api/queues/%2F/" + name);
            assertThat(report.get("durable").booleanValue()).isTrue();
            assertThat(report.get("auto_delete").booleanValue()).isFalse();
            reported.put(name, map(report.get("arguments").toString()));
        }
        return reported;
    }

    private static JsonNode fromManagement(String path) {
        String password = rabbit.getAdminUsername() + ":" + rabbit.getAdminPassword();
        var request = HttpRequest.newBuilder(
                        URI.create("http://" + rabbit.getHost() + ":" + Crash.portOf(rabbit, MANAGEMENT) + path))
                .header("Authorization", "Basic " + Base64.getEncoder().encodeToString(password.getBytes(UTF_8)))
                .build();
        try (HttpClient http = HttpClient.newHttpClient()) {
            // A new queue shows up there a little later.
            HttpResponse<String> response = await().ignoreExceptions()
                    .until(
                            () -> http.send(request, HttpResponse.BodyHandlers.ofString()),
                            answer -> answer.statusCode() == 200);
            return JsonMapper.shared().readTree(response.body());
        }
    }

    private static Map<String, Object> asJson(Map<String, ?> queues) {
        return map(JsonMapper.shared().writeValueAsString(queues));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(String json) {
        return JsonMapper.shared().readValue(json, Map.class);
    }

    private static RetryTopology retries(String upstream) {
        return new RetryTopology(new UpstreamName(upstream), List.of(ofMillis(100)));
    }

    private static RetryMessage message(String text) {
        return new RetryMessage(new Message(text), 1, Instant.ofEpochMilli(1_764_000_000_000L));
    }
}
