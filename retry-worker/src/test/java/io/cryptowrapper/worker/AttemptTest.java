package io.cryptowrapper.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.results.RedisKeys;
import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.results.WaitingLine;
import io.cryptowrapper.retryqueue.Delivery;
import io.cryptowrapper.retryqueue.RetryMessage;
import io.cryptowrapper.retryqueue.RetryPublisher;
import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.SigningStatus.Pending;
import io.cryptowrapper.signing.SigningStatus.Rejected;
import io.cryptowrapper.simulator.Behaviour.Answer;
import io.cryptowrapper.simulator.SimulatorSettings;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.upstream.UpstreamClient;
import io.cryptowrapper.upstream.UpstreamQuota;
import io.cryptowrapper.upstream.UpstreamQuota.Permission;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One attempt by itself, where the worker's own loop has been stopped. */
class AttemptTest {

    private static UpstreamSimulator upstream;
    private static RunningWorker worker;

    private final String message = "m-" + UUID.randomUUID();

    @BeforeAll
    static void start(@TempDir Path directory) {
        upstream = UpstreamSimulator.start(SimulatorSettings.in(directory).withCalls(100));
        upstream.follow(called -> Optional.of(Answer.text(502, "down")));
        worker = RunningWorker.on(RunningWorker.newDatabase(), upstream.baseUrl(), Map.of());
        worker.part(RetryLoop.class).stop();
    }

    @AfterAll
    static void stop() {
        worker.close();
        upstream.close();
    }

    @Test
    void an_error_that_was_not_foreseen_counts_as_a_failed_attempt_and_does_not_stand_in_the_way() {
        worker.publish(new RetryMessage(new Message(message), 1, Instant.now()));
        Delivery delivery = worker.take();
        UpstreamQuota quota = worker.part(UpstreamQuota.class);
        var granted = (Permission.Granted)
                await().until(quota::takeForRetry, permission -> permission instanceof Permission.Granted);

        new Attempt(
                        worker.part(UpstreamClient.class),
                        quota,
                        settlement(new StoreThatFailsOnce()),
                        worker.part(CryptoSettings.class))
                .start(granted.grant(), delivery);

        await().untilAsserted(() -> assertThat(worker.status(message))
                .hasValueSatisfying(status -> assertThat(status).isInstanceOfSatisfying(Pending.class, pending -> {
                    assertThat(pending.attempt()).isEqualTo(2);
                    assertThat(pending.last()).isEqualTo(Failure.unforeseen());
                })));
        // The next attempt, and only that, is in the queue.
        await().until(() -> worker.queued() == 1);
        Delivery next = worker.take();
        assertThat(next.message().attempt()).isEqualTo(2);
        next.ack();
    }

    @Test
    void a_message_stands_in_line_from_the_end_of_its_attempt_however_long_that_took() {
        worker.publish(new RetryMessage(new Message(message), 1, Instant.now()));
        Delivery delivery = worker.take();
        worker.part(WaitingLine.class).leave(new Message(message).id());

        settlement(worker.part(SignatureStore.class)).failed(delivery, new Failure(502, "down"));

        assertThat(worker.isInLine(message)).isTrue();
        worker.take().ack();
    }

    @Test
    void how_old_a_message_is_is_told_by_the_clock_of_redis_and_not_by_the_workers() {
        Instant acceptedADayAgo = Instant.now().minus(Duration.ofHours(25));
        worker.publish(new RetryMessage(new Message(message), 1, acceptedADayAgo));

        settlement(new StoreAt(acceptedADayAgo.plusSeconds(1))).failed(worker.take(), new Failure(502, "down"));

        Delivery next = worker.take();
        assertThat(next.message().attempt()).isEqualTo(2);
        settlement(new StoreAt(Instant.now().plusSeconds(1))).failed(next, new Failure(502, "down"));
        assertThat(worker.status(message)).containsInstanceOf(Rejected.class);
        assertThat(worker.rabbit().receive("sign.parking")).isNotNull();
    }

    private static Settlement settlement(SignatureStore store) {
        return worker.settlement(worker.part(RetryPublisher.class), store);
    }

    /** One that is asked when it was that time. */
    private static final class StoreAt extends SignatureStore {

        private final Instant time;

        StoreAt(Instant time) {
            super(worker.redis(), worker.redis(), worker.part(RedisKeys.class));
            this.time = time;
        }

        @Override
        public Instant time() {
            return time;
        }
    }

    private static final class StoreThatFailsOnce extends SignatureStore {

        private final AtomicBoolean failed = new AtomicBoolean();

        StoreThatFailsOnce() {
            super(worker.redis(), worker.redis(), worker.part(RedisKeys.class));
        }

        @Override
        public Instant time() {
            if (failed.compareAndSet(false, true)) {
                throw new IllegalStateException("not foreseen");
            }
            return super.time();
        }
    }
}
