package io.cryptowrapper.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.results.WaitingLine;
import io.cryptowrapper.retryqueue.Delivery;
import io.cryptowrapper.retryqueue.RetryMessage;
import io.cryptowrapper.retryqueue.RetryPublisher;
import io.cryptowrapper.retryqueue.WorkQueue;
import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.RetryPolicy;
import io.cryptowrapper.signing.SigningStatus.Pending;
import io.cryptowrapper.simulator.Behaviour.Answer;
import io.cryptowrapper.simulator.SimulatorSettings;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.upstream.UpstreamClient;
import io.cryptowrapper.upstream.UpstreamQuota;
import io.cryptowrapper.upstream.UpstreamQuota.Permission;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One attempt by itself, where the worker's own loop has been stopped. */
class AttemptTest {

    @Test
    void an_error_that_was_not_foreseen_counts_as_a_failed_attempt_and_does_not_stand_in_the_way(
            @TempDir Path directory) {
        try (UpstreamSimulator upstream =
                        UpstreamSimulator.start(SimulatorSettings.in(directory).withCalls(100));
                RunningWorker worker = RunningWorker.on(RunningWorker.newDatabase(), upstream.baseUrl(), Map.of())) {
            worker.part(RetryLoop.class).stop();
            upstream.follow(called -> Optional.of(Answer.text(502, "down")));
            worker.publish(new RetryMessage(new Message("m"), 1, Instant.now()));
            WorkQueue queue = worker.part(WorkQueue.class);
            Delivery delivery = await().until(queue::take, Optional::isPresent).orElseThrow();
            UpstreamQuota quota = worker.part(UpstreamQuota.class);
            var granted = (Permission.Granted)
                    await().until(quota::takeForRetry, permission -> permission instanceof Permission.Granted);

            var attempt = new Attempt(
                    worker.part(UpstreamClient.class),
                    quota,
                    new Settlement(
                            worker.part(SignatureStore.class),
                            worker.part(WaitingLine.class),
                            worker.part(RetryPublisher.class),
                            worker.part(RetryPolicy.class),
                            new ClockThatFailsOnce()),
                    worker.part(CryptoSettings.class));
            attempt.start(granted.grant(), delivery);

            await().untilAsserted(() -> assertThat(worker.status("m"))
                    .hasValueSatisfying(status -> assertThat(status).isInstanceOfSatisfying(Pending.class, pending -> {
                        assertThat(pending.attempt()).isEqualTo(2);
                        assertThat(pending.last()).isEqualTo(Failure.unforeseen());
                    })));
            // The next attempt, and only that, is in the queue.
            await().until(() -> queue.depth() == 1);
            Delivery next = await().until(queue::take, Optional::isPresent).orElseThrow();
            assertThat(next.message().attempt()).isEqualTo(2);
            next.ack();
        }
    }

    private static final class ClockThatFailsOnce extends Clock {

        private final AtomicBoolean failed = new AtomicBoolean();

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            if (failed.compareAndSet(false, true)) {
                throw new IllegalStateException("not foreseen");
            }
            return Instant.now();
        }
    }
}
