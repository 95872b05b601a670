package io.cryptowrapper.worker;

import static org.awaitility.Awaitility.await;

import io.cryptowrapper.embedded.EmbeddedServers;
import io.cryptowrapper.ending.CallbackRelease;
import io.cryptowrapper.ending.StatusRecorder;
import io.cryptowrapper.results.Outbox;
import io.cryptowrapper.results.RedisKeys;
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
import io.cryptowrapper.signing.UpstreamOutcome;
import io.cryptowrapper.testing.Gate;
import io.cryptowrapper.testing.RawHttp;
import io.cryptowrapper.testing.RunningService;
import io.cryptowrapper.upstream.UpstreamQuota;
import io.cryptowrapper.wiring.Queues;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.data.redis.core.StringRedisTemplate;

/** A worker in this JVM on a real broker and a real Redis, at a pace that tests can wait for. */
final class RunningWorker implements AutoCloseable {

    static final Duration PERIOD = Duration.ofMillis(200);

    private static final Duration DELAY = Duration.ofMillis(100);

    private static final EmbeddedServers SERVERS = EmbeddedServers.startUntilExit(
            Path.of("target"),
            Queues.all(
                    UpstreamName.SIGN,
                    List.of(DELAY),
                    List.of(Duration.ofMillis(200), Duration.ofMillis(500), Duration.ofSeconds(1))));
    private static final AtomicInteger DATABASES = new AtomicInteger();

    private final RunningService service;

    private RunningWorker(RunningService service) {
        this.service = service;
    }

    /** The number of a database of Redis that no other test uses. */
    static int newDatabase() {
        return DATABASES.getAndIncrement();
    }

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
                DELAY.toMillis() + "ms"));
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

    /** Does what the API does with a message whose first call failed. */
    void accept(String message) {
        accept(message, Instant.now().truncatedTo(ChronoUnit.MILLIS));
    }

    void accept(String message, Instant acceptedAt) {
        var pending = new SigningStatus.Pending(new Message(message), new Failure(502, "first"), 1, acceptedAt);
        publish(RetryMessage.of(pending));
        record(message, pending);
        part(WaitingLine.class).join(new Message(message).id(), DELAY);
    }

    /** Does so with all of them before the first has its turn, so that none is overtaken however long it takes. */
    void acceptAtOnce(List<String> messages) {
        part(UpstreamQuota.class).heed(new UpstreamOutcome.Failed(new Failure(503, "wait"), Duration.ofMinutes(1)));
        messages.forEach(this::accept);
        await().until(() -> due() == messages.size());
        redis().opsForHash().delete(part(RedisKeys.class).quota(), "hold");
    }

    void publish(RetryMessage message) {
        part(RetryPublisher.class).publish(message, Duration.ofSeconds(5));
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

    /** How many messages are in the queues, under way or not: the broker in these tests counts both. */
    long queued() {
        return part(WorkQueue.class).depth();
    }

    /** How many messages are due, under way or not. */
    long due() {
        return rabbit().execute(channel ->
                (long) channel.queueDeclarePassive("sign.work").getMessageCount());
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

    void relayOutbox() {
        part(OutboxRelay.class).relay();
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
