package io.cryptowrapper.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.retryqueue.Delivery;
import io.cryptowrapper.retryqueue.RetryMessage;
import io.cryptowrapper.retryqueue.RetryPublisher;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.SigningStatus.Pending;
import io.cryptowrapper.signing.SigningStatus.Signed;
import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.simulator.Behaviour.Answer;
import io.cryptowrapper.simulator.Call;
import io.cryptowrapper.simulator.SimulatorSettings;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.upstream.UpstreamQuota;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.dao.DataAccessException;

/** Workers that share the queue and the budget, and workers that stop. */
class WorkersTest {

    private final int database = RunningWorker.newDatabase();
    private final List<RunningWorker> workers = new ArrayList<>();
    private UpstreamSimulator upstream;

    @BeforeEach
    void start(@TempDir Path directory) {
        upstream = UpstreamSimulator.start(SimulatorSettings.in(directory)
                .withFailingShare(0)
                .withCalls(100_000)
                .withLatency(Duration.ofMillis(20)));
    }

    @AfterEach
    void stop() {
        workers.forEach(RunningWorker::close);
        upstream.close();
    }

    @Test
    void three_workers_try_each_message_once_and_are_no_faster_than_one() {
        IntStream.range(0, 3).forEach(i -> startWorker(Map.of()));
        List<String> messages = IntStream.range(0, 12).mapToObj(i -> "m" + i).toList();

        workers.getFirst().acceptAtOnce(messages);
        messages.forEach(message -> workers.getFirst().awaitStatus(message, Signed.class));

        List<Call> calls = upstream.calls();
        assertThat(calls).extracting(Call::message).containsExactlyElementsOf(messages);
        assertThat(Duration.ofNanos(calls.getLast().nanos() - calls.getFirst().nanos()))
                .isGreaterThan(RunningWorker.PERIOD.multipliedBy(11).minusMillis(100));
    }

    @Test
    void a_worker_that_is_stopped_during_a_call_hands_its_message_to_the_others() {
        RunningWorker stopping = startWorker(Map.of());
        var called = new CountDownLatch(1);
        upstream.follow(message -> {
            called.countDown();
            return Optional.of(new Behaviour.Hang(Duration.ofSeconds(25)));
        });
        stopping.accept("m");
        await().until(() -> called.getCount() == 0);
        upstream.follow(message -> Optional.empty());
        RunningWorker other = startWorker(Map.of());

        stopping.stop();

        other.awaitStatus("m", Signed.class);
        assertThat(upstream.calls()).hasSize(2);
    }

    @Test
    void a_worker_that_is_stopped_during_a_short_call_settles_its_message_first() {
        RunningWorker stopping = startWorker(Map.of());
        var called = new CountDownLatch(1);
        upstream.follow(message -> {
            called.countDown();
            return Optional.of(new Behaviour.Hang(Duration.ofSeconds(1)));
        });
        stopping.accept("m");
        await().until(() -> called.getCount() == 0);

        stopping.stop();

        RunningWorker other = startWorker(Map.of());
        assertThat(other.status("m").orElseThrow()).isInstanceOf(Signed.class);
        assertThat(upstream.calls()).hasSize(1);
    }

    @Test
    void a_signature_that_could_not_be_stored_is_not_acknowledged() {
        RunningWorker dying = startWorker(Map.of());
        upstream.follow(message -> {
            dying.toRedis().cut();
            return Optional.of(Answer.text(200, "c2ln"));
        });
        dying.accept("m");
        await().until(() -> upstream.calls().size() == 1);
        dying.stop();
        upstream.follow(message -> Optional.empty());

        RunningWorker other = startWorker(Map.of());

        other.awaitStatus("m", Signed.class);
        assertThat(upstream.calls()).hasSize(2);
    }

    @Test
    void
            a_failure_that_the_broker_does_not_take_waits_in_the_outbox_and_one_that_redis_does_not_take_either_comes_again() {
        // Its only call is made, so that this test has the worker's parts to itself.
        Map<String, String> idle = Map.of("crypto.api.quota.calls", "1", "crypto.api.quota.window", "10m");
        RunningWorker worker = startWorker(idle);
        worker.part(UpstreamQuota.class).takeForFirstCall();
        RunningWorker cutOff = startWorker(idle);
        cutOff.toBroker().cut();
        Settlement settlement = worker.settlement(cutOff.part(RetryPublisher.class), worker.part(SignatureStore.class));
        worker.accept("m");
        Delivery delivery = worker.take();
        worker.toRedis().cut();

        assertThatThrownBy(() -> settlement.failed(delivery, new Failure(502, "down")))
                .isInstanceOf(DataAccessException.class);

        delivery.handBack();
        worker.toRedis().open();
        Delivery again = worker.take();
        await().ignoreExceptions().until(() -> worker.status("m").isPresent());
        settlement.failed(again, new Failure(502, "down"));
        assertThat(worker.queued()).isZero();
        assertThat(worker.redis().opsForZSet().range("sign:outbox", 0, -1)).hasSize(1);
        assertThat(worker.status("m").orElseThrow())
                .isInstanceOfSatisfying(
                        Pending.class, pending -> assertThat(pending.attempt()).isEqualTo(2));
    }

    @Test
    void two_copies_of_one_attempt_that_are_tried_at_the_same_time_become_one(@TempDir Path other) {
        try (UpstreamSimulator failing = UpstreamSimulator.start(SimulatorSettings.in(other)
                .withFailingShare(1)
                .withFailingTime(Duration.ofSeconds(6))
                .withCalls(100_000))) {
            failing.follow(message -> Optional.of(new Behaviour.Hang(Duration.ofSeconds(4))));
            RunningWorker worker = RunningWorker.on(database, failing.baseUrl(), Map.of());
            workers.add(worker);
            worker.accept("m");
            worker.publish(new RetryMessage(new Message("m"), 1, Instant.now()));
            await().until(() -> failing.calls().size() == 2);
            assertThat(worker.queued()).isEqualTo(2);

            await().until(() -> worker.queued() == 1);

            assertThat(worker.status("m").orElseThrow()).isInstanceOf(Pending.class);
            worker.awaitStatus("m", Signed.class);
        }
    }

    @Test
    void a_refused_key_keeps_the_message_makes_the_workers_wait_and_shows_in_health() throws Exception {
        RunningWorker worker = startWorker(Map.of("crypto.api.quota.window", "2s"));
        upstream.follow(message -> Optional.of(Answer.text(403, "who are you?")));
        worker.accept("m");

        await().until(() -> worker.status("m").orElseThrow() instanceof Pending pending && pending.attempt() == 2);
        assertThat(worker.management("/actuator/health").body()).contains("\"upstreamKey\":{\"status\":\"DOWN\"}");
        upstream.follow(message -> Optional.empty());
        worker.awaitStatus("m", Signed.class);

        assertThat(worker.management("/actuator/health").body()).contains("\"upstreamKey\":{\"status\":\"UP\"}");
        List<Call> calls = upstream.calls();
        assertThat(Duration.ofNanos(calls.get(1).nanos() - calls.get(0).nanos()))
                .isGreaterThan(Duration.ofMillis(1900));
    }

    @Test
    void a_retry_after_of_the_upstream_is_waited_for() {
        RunningWorker worker = startWorker(Map.of());
        upstream.follow(message -> Optional.of(new Answer(429, Map.of("Retry-After", "2"), "slow down")));
        worker.accept("m");
        await().until(() -> upstream.calls().size() == 1);
        upstream.follow(message -> Optional.empty());

        worker.awaitStatus("m", Signed.class);

        List<Call> calls = upstream.calls();
        assertThat(Duration.ofNanos(calls.get(1).nanos() - calls.get(0).nanos()))
                .isGreaterThan(Duration.ofMillis(1900));
    }

    private RunningWorker startWorker(Map<String, String> settings) {
        RunningWorker worker = RunningWorker.on(database, upstream.baseUrl(), settings);
        workers.add(worker);
        return worker;
    }
}
