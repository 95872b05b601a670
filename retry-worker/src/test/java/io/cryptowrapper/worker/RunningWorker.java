package io.cryptowrapper.worker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.broker.ConfirmedPublisher;
import io.cryptowrapper.ending.CallbackRelease;
import io.cryptowrapper.ending.StatusRecorder;
import io.cryptowrapper.results.Outbox;
import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.results.WaitingLine;
import io.cryptowrapper.retryqueue.Delivery;
import io.cryptowrapper.retryqueue.RetryMessage;
import io.cryptowrapper.retryqueue.RetryPublisher;
import io.cryptowrapper.retryqueue.WorkQueue;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.RetryPolicy;
import io.cryptowrapper.signing.SigningStatus;
import io.cryptowrapper.signing.UpstreamName;
import io.cryptowrapper.testing.Gate;
import io.cryptowrapper.testing.RawHttp;
import io.cryptowrapper.testing.RunningService;
import io.cryptowrapper.testing.Servers;
import io.cryptowrapper.wiring.Queues;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.data.redis.core.StringRedisTemplate;

/** A worker in this JVM on a real broker and a real Redis, at a pace that tests can wait for. */
final class RunningWorker implements AutoCloseable {

    static final Duration PERIOD = Duration.ofMillis(50);

    /** Before each attempt of a callback. */
    static final List<Duration> CALLBACK_DELAYS =
            List.of(Duration.ZERO, Duration.ofMillis(100), Duration.ofMillis(300));

    private static final Duration DELAY = Duration.ofMillis(50);

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final Servers SERVERS =
            Servers.shared(Queues.all(UpstreamName.SIGN, List.of(DELAY), CALLBACK_DELAYS));

    private static final Pattern VALUE = Pattern.compile("\"value\":([0-9.E]+)");

    private final RunningService service;

    private RunningWorker(RunningService service) {
        this.service = service;
    }

    /** Starts what all of them need, if it has not been started yet. */
    static void startServers() {
        // They are started when this class is initialized.
    }

    /** Starts one; workers on the same database of Redis work together. */
    static RunningWorker on(int database, URI upstream, Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(Map.of(
                "crypto.api.base-url",
                upstream.toString(),
                "crypto.api.key",
                "simulator-key",
                "crypto.api.quota.calls",
                "100000",
                "crypto.retry.period",
                PERIOD.toMillis() + "ms",
                "crypto.retry.delays",
                DELAY.toMillis() + "ms",
                // On a busy machine the usual ones are sometimes too short.
                "spring.data.redis.timeout",
                "10s",
                "spring.rabbitmq.channel-rpc-timeout",
                "10s",
                "crypto.callback.delays",
                CALLBACK_DELAYS.stream().map(delay -> delay.toMillis() + "ms").collect(Collectors.joining(","))));
        all.putAll(settings);
        return new RunningWorker(RunningService.start(RetryWorkerApplication.class, SERVERS, database, all));
    }

    Gate toRedis() {
        return service.toRedis();
    }

    Gate toBroker() {
        return service.toBroker();
    }

    <T> T part(Class<T> type) {
        return service.part(type);
    }

    /** Does what the API does with a message whose first call failed; its delay is over already. */
    void accept(String message) {
        accept(message, Instant.now().truncatedTo(ChronoUnit.MILLIS));
    }

    void accept(String message, Instant acceptedAt) {
        var pending = new SigningStatus.Pending(new Message(message), new Failure(502, "first"), 1, acceptedAt);
        // The API publishes first; here the message is not to be tried before all that is known of it is written.
        record(message, pending);
        part(WaitingLine.class).join(new Message(message).id(), DELAY);
        String json = "{\"v\":1,\"message\":\"%s\",\"attempt\":1,\"accepted_at\":%d}"
                .formatted(message, acceptedAt.toEpochMilli());
        try (var publisher = new ConfirmedPublisher(rabbit())) {
            publisher.send("sign.work", json.getBytes(UTF_8), Map.of(), PATIENCE);
        }
    }

    void publish(RetryMessage message) {
        part(RetryPublisher.class).publish(message, PATIENCE);
    }

    void record(String message, SigningStatus status) {
        part(SignatureStore.class).record(new Message(message).id(), status);
    }

    Optional<SigningStatus> status(String message) {
        return part(SignatureStore.class).find(new Message(message).id());
    }

    boolean isInLine(String message) {
        return part(WaitingLine.class).placeOf(new Message(message).id()).isPresent();
    }

    void awaitStatus(String message, Class<? extends SigningStatus> status) {
        await(message + " is " + status.getSimpleName())
                .ignoreExceptions()
                .until(() -> status(message).filter(status::isInstance).isPresent());
    }

    /** How many messages are in the queues; of those that are under way, what the broker counts: RabbitMQ none. */
    long queued() {
        return part(WorkQueue.class).depth();
    }

    /** How many messages are due; those under way are counted as by {@link #queued}. */
    long due() {
        return rabbit().execute(channel ->
                (long) channel.queueDeclarePassive("sign.work").getMessageCount());
    }

    /** Drops what is due and what waits. */
    void emptyQueues() {
        for (String queue : List.of("sign.wait." + DELAY.toMillis() + "ms", "sign.work")) {
            rabbit().execute(channel -> channel.queuePurge(queue));
        }
    }

    /** Takes the parked message that has this text; others are taken out, too. */
    Optional<org.springframework.amqp.core.Message> takeParked(String text) {
        while (true) {
            var parked = rabbit().receive("sign.parking");
            if (parked == null || new String(parked.getBody(), UTF_8).contains(text)) {
                return Optional.ofNullable(parked);
            }
        }
    }

    /** Opens the ways to Redis and the broker, and waits until both can be used. */
    void repair() {
        toRedis().open();
        toBroker().open();
        await("Redis and the broker answer").ignoreExceptions().until(() -> !redis().hasKey("any") && queued() >= 0);
    }

    /** What this worker's attempts are settled by, but for the publisher and the store. */
    Settlement settlement(RetryPublisher publisher, SignatureStore store) {
        WaitingLine line = part(WaitingLine.class);
        RetryPolicy policy = part(RetryPolicy.class);
        var recorder = new StatusRecorder(store, part(CallbackRelease.class), true);
        return new Settlement(
                store, recorder, line, new NextAttempt(publisher, part(Outbox.class), line, policy), policy);
    }

    /** Takes what is due as soon as something is; for tests in which the worker's own loop does not. */
    Delivery take() {
        return await().until(part(WorkQueue.class)::take, Optional::isPresent).orElseThrow();
    }

    /** A relay beside that of the worker, which runs each second. */
    OutboxRelay outboxRelay() {
        return new OutboxRelay(
                part(Outbox.class),
                part(SignatureStore.class),
                part(RetryPublisher.class),
                part(WaitingLine.class),
                part(RetryPolicy.class));
    }

    RabbitTemplate rabbit() {
        return part(RabbitTemplate.class);
    }

    StringRedisTemplate redis() {
        return part(StringRedisTemplate.class);
    }

    RawHttp.Response management(String target) throws IOException {
        return RawHttp.get(service.managementPort(), target);
    }

    /** The value of a metric, nothing where there is none yet; a tag may follow its name. */
    double metric(String name) throws IOException {
        Matcher value = VALUE.matcher(management("/actuator/metrics/" + name).body());
        return value.find() ? Double.parseDouble(value.group(1)) : 0;
    }

    int managementPort() {
        return service.managementPort();
    }

    /** Stops it as SIGTERM does. */
    void stop() {
        service.stop();
    }

    @Override
    public void close() {
        service.close();
    }
}
