package io.cryptowrapper.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.results.Backlog;
import io.cryptowrapper.results.RedisKeys;
import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.results.WaitingLine;
import io.cryptowrapper.retryqueue.Delivery;
import io.cryptowrapper.retryqueue.RetryMessage;
import io.cryptowrapper.retryqueue.RetryPublisher;
import io.cryptowrapper.retryqueue.RetryTopology;
import io.cryptowrapper.retryqueue.WorkQueue;
import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.Signature;
import io.cryptowrapper.signing.SigningStatus.Pending;
import io.cryptowrapper.signing.SigningStatus.Rejected;
import io.cryptowrapper.signing.SigningStatus.Signed;
import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.simulator.Behaviour.Answer;
import io.cryptowrapper.simulator.Call;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.testing.Gate;
import io.cryptowrapper.testing.Stage;
import io.cryptowrapper.upstream.UpstreamClient;
import io.cryptowrapper.upstream.UpstreamQuota;
import io.cryptowrapper.upstream.UpstreamQuota.Permission;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.dao.DataAccessException;

/** Turns and attempts one by one: the worker's own loop does not run, so that nothing changes in between. */
@Tag(Stage.BOTH_SERVERS)
class AttemptTest {

    private final UpstreamSimulator upstream = Shared.upstream();
    private final RunningWorker worker = Shared.idleWorker();
    private final Instant aDayAgo = Instant.now().minus(Duration.ofHours(25));
    private final String message = "m-" + UUID.randomUUID();
    private final Attempt attempt = attempt(worker.part(Settlement.class), worker.part(CryptoSettings.class));
    private final Retrier retrier = new Retrier(
            worker.part(WorkQueue.class), worker.part(UpstreamQuota.class), worker.part(Settlement.class), attempt);

    @AfterEach
    void everythingIsSettled() {
        upstream.follow(called -> Optional.empty());
        worker.repair();
        attempt.abandon();
        // Then the broker has back what was taken and not acknowledged.
        worker.part(WorkQueue.class).close();
        try {
            await("nothing is left").until(() -> worker.queued() == 0);
        } finally {
            worker.emptyQueues();
        }
    }

    @Test
    void a_message_that_fails_keeps_its_last_failure_and_goes_round_until_it_is_signed() {
        Instant acceptedAt = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        answers(Answer.text(502, "second"), Answer.text(500, "third"));
        worker.accept(message, acceptedAt);

        turn();
        assertThat(worker.status(message))
                .contains(new Pending(new Message(message), new Failure(502, "second"), 2, acceptedAt));
        assertThat(worker.isInLine(message)).isTrue();

        turn();
        assertThat(worker.status(message))
                .contains(new Pending(new Message(message), new Failure(500, "third"), 3, acceptedAt));
        assertThat(worker.isInLine(message)).isTrue();

        turn();
        assertThat(worker.status(message).orElseThrow()).isInstanceOf(Signed.class);
        assertThat(worker.isInLine(message)).isFalse();
        assertThat(calls()).isEqualTo(3);
    }

    @Test
    void messages_have_their_turns_in_order_and_those_that_fail_go_to_the_end() {
        List<String> messages = List.of(message + "-1", message + "-2", message + "-3");
        answers(Answer.text(502, "down"), Answer.text(502, "down"), Answer.text(502, "down"));
        messages.forEach(worker::accept);
        await().until(() -> worker.due() == 3);

        for (int i = 0; i < 6; i++) {
            turn();
        }

        assertThat(upstream.calls())
                .extracting(Call::message)
                .filteredOn(called -> called.startsWith(message))
                .containsExactly(
                        messages.get(0),
                        messages.get(1),
                        messages.get(2),
                        messages.get(0),
                        messages.get(1),
                        messages.get(2));
    }

    @Test
    void copies_that_need_no_call_are_dropped_and_cost_the_messages_behind_them_no_turn() {
        String signed = message + "-signed";
        String later = message + "-later";
        var waitsForTheSeventh = new Pending(new Message(later), new Failure(502, "down"), 7, Instant.EPOCH);
        worker.accept(signed);
        worker.record(signed, new Signed(new Signature("by the API")));
        worker.record(later, waitsForTheSeventh);
        for (int i = 1; i < 7; i++) {
            worker.publish(new RetryMessage(new Message(later), i, Instant.now()));
        }
        worker.publish(new RetryMessage(new Message(message), 1, Instant.now()));
        await().until(() -> worker.due() == 8);

        await().until(() -> retrier.turn().isZero());
        awaitEnd(attempt);

        assertThat(worker.status(message).orElseThrow()).isInstanceOf(Signed.class);
        assertThat(worker.status(signed)).contains(new Signed(new Signature("by the API")));
        assertThat(worker.isInLine(signed)).isFalse();
        assertThat(worker.status(later)).contains(waitsForTheSeventh);
        assertThat(calls(signed)).isZero();
        assertThat(calls(later)).isZero();
    }

    @Test
    void two_copies_of_one_attempt_that_are_tried_at_the_same_time_become_one() {
        worker.accept(message);
        worker.publish(new RetryMessage(new Message(message), 1, Instant.now()));
        Delivery first = worker.take();
        Delivery second = worker.take();
        Settlement settlement = worker.part(Settlement.class);

        settlement.failed(first, new Failure(502, "first answer"));
        settlement.failed(second, new Failure(502, "second answer"));

        await().until(() -> worker.queued() == 1);
        turn();
        assertThat(worker.status(message).orElseThrow()).isInstanceOf(Signed.class);
    }

    @Test
    void a_message_that_is_signed_while_an_attempt_fails_is_neither_queued_again_nor_parked() {
        upstream.follow(called -> {
            worker.record(message, new Signed(new Signature("by the API")));
            return Optional.of(Answer.text(502, "down"));
        });
        worker.accept(message, aDayAgo);

        turn();

        assertThat(worker.status(message)).contains(new Signed(new Signature("by the API")));
        assertThat(worker.isInLine(message)).isFalse();
        await().until(() -> worker.queued() == 0);
        assertThat(worker.takeParked(message)).isEmpty();
    }

    @Test
    void a_call_without_an_answer_is_a_failed_attempt_when_its_time_is_over() {
        Duration limit = Duration.ofMillis(300);
        answers(new Behaviour.Hang(Duration.ofMinutes(5)));
        worker.accept(message);

        tryNext(attempt(worker.part(Settlement.class), withTimeout(limit)));

        assertThat(worker.status(message).orElseThrow()).isInstanceOfSatisfying(Pending.class, pending -> {
            assertThat(pending.attempt()).isEqualTo(2);
            assertThat(pending.last()).isEqualTo(Failure.noAnswerWithin(limit));
        });
        upstream.follow(called -> Optional.empty());
        turn();
        assertThat(worker.status(message).orElseThrow()).isInstanceOf(Signed.class);
    }

    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void a_wrong_signature_is_a_failed_attempt_and_is_logged_once(CapturedOutput output) throws Exception {
        var failure = new Failure(
                200,
                "The upstream answered 200, but its signature does not fit the message and the upstream's public key.");
        Answer wrong = Answer.text(200, "c2lnbmVkIGJ5IHNvbWVib2R5IGVsc2U=");
        answers(wrong, wrong);
        double before = worker.metric("upstream.signatures.wrong");
        worker.accept(message);

        for (int next = 2; next <= 3; next++) {
            turn();
            assertThat(worker.status(message).orElseThrow()).isInstanceOf(Pending.class);
            Pending pending = (Pending) worker.status(message).orElseThrow();
            assertThat(pending.attempt()).isEqualTo(next);
            assertThat(pending.last()).isEqualTo(failure);
        }
        assertThat(worker.management("/actuator/health").body())
                .contains("\"upstreamSignature\":{\"status\":\"DOWN\"}");
        turn();

        assertThat(worker.status(message).orElseThrow())
                .isInstanceOfSatisfying(
                        Signed.class,
                        signed -> assertThat(upstream.isSignature(
                                        message, signed.signature().value()))
                                .isTrue());
        assertThat(worker.metric("upstream.signatures.wrong") - before).isEqualTo(2);
        assertThat(worker.management("/actuator/health").body()).contains("\"upstreamSignature\":{\"status\":\"UP\"}");
        assertThat(output.getOut())
                .containsOnlyOnce("does not fit CRYPTO_API_PUBLIC_KEY")
                .doesNotContain(message, "c2lnbmVk");
    }

    @Test
    void an_error_that_was_not_foreseen_counts_as_a_failed_attempt_and_does_not_stand_in_the_way() {
        answers(Answer.text(502, "down"));
        worker.publish(new RetryMessage(new Message(message), 1, Instant.now()));

        tryNext(attempt(settlement(new StoreThatFailsOnce()), worker.part(CryptoSettings.class)));

        assertThat(worker.status(message).orElseThrow()).isInstanceOfSatisfying(Pending.class, pending -> {
            assertThat(pending.attempt()).isEqualTo(2);
            assertThat(pending.last()).isEqualTo(Failure.unforeseen());
        });
        // The next attempt, and only that, is in the queue.
        Delivery next = worker.take();
        assertThat(next.message().attempt()).isEqualTo(2);
        next.ack();
    }

    @Test
    void a_message_stands_in_line_from_the_end_of_its_attempt_however_long_that_took() {
        worker.publish(new RetryMessage(new Message(message), 1, Instant.now()));
        Delivery delivery = worker.take();
        worker.part(WaitingLine.class).leave(new Message(message).id());

        worker.part(Settlement.class).failed(delivery, new Failure(502, "down"));

        assertThat(worker.isInLine(message)).isTrue();
        worker.take().ack();
    }

    @Test
    void the_age_of_a_message_is_measured_by_the_clock_of_redis_and_not_by_the_workers() {
        worker.publish(new RetryMessage(new Message(message), 1, aDayAgo));

        settlement(new StoreAt(aDayAgo.plusSeconds(1))).failed(worker.take(), new Failure(502, "down"));

        Delivery next = worker.take();
        assertThat(next.message().attempt()).isEqualTo(2);
        settlement(new StoreAt(Instant.now().plusSeconds(1))).failed(next, new Failure(502, "down"));
        assertThat(worker.status(message)).containsInstanceOf(Rejected.class);
        assertThat(worker.takeParked(message)).isPresent();
    }

    @Test
    void
            a_failure_that_the_broker_does_not_take_waits_in_the_outbox_and_one_that_redis_does_not_take_either_comes_again() {
        Settlement settlement = worker.settlement(publisherCutOff(), worker.part(SignatureStore.class));
        worker.accept(message);
        Delivery delivery = worker.take();
        worker.toRedis().cut();

        assertThatThrownBy(() -> settlement.failed(delivery, new Failure(502, "down")))
                .isInstanceOf(DataAccessException.class);

        delivery.handBack();
        worker.repair();
        settlement.failed(worker.take(), new Failure(502, "down"));

        await().until(() -> worker.queued() == 0);
        assertThat(worker.redis().opsForZSet().range("sign:outbox", 0, -1))
                .containsExactly(new Message(message).id().hex());
        assertThat(worker.status(message).orElseThrow())
                .isInstanceOfSatisfying(
                        Pending.class, pending -> assertThat(pending.attempt()).isEqualTo(2));
        worker.redis().delete("sign:outbox");
    }

    @Test
    void what_waits_in_queue_and_outbox_is_reported() throws Exception {
        worker.accept(message);
        await().until(() -> worker.due() == 1);
        worker.redis().opsForZSet().add("sign:outbox", new Message("waits").id().hex(), Double.MAX_VALUE);

        // By itself it does so every two seconds, from its start on.
        await().until(() -> worker.part(Backlog.class).latest().isPresent());
        await().until(() -> {
            worker.part(BacklogReporter.class).report();
            return worker.part(Backlog.class).latest().orElseThrow().depth() == 2;
        });
        assertThat(worker.metric("retry.queue.depth")).isEqualTo(1);

        worker.redis().delete("sign:outbox");
        worker.take().ack();
    }

    /**
     * Tries the message whose turn it is, and settles it. The embedded broker counts a message for a moment after it
     * was acknowledged, so a turn may find no message.
     */
    private void turn() {
        int before = upstream.calls().size();
        await("a call").until(() -> {
            retrier.turn();
            awaitEnd(attempt);
            return upstream.calls().size() > before;
        });
    }

    /** The same by another attempt than that of the {@link #retrier}. */
    private void tryNext(Attempt attempt) {
        Delivery delivery = worker.take();
        var granted = (Permission.Granted) await().until(
                        worker.part(UpstreamQuota.class)::takeForRetry,
                        permission -> permission instanceof Permission.Granted);
        attempt.start(granted.grant(), delivery);
        awaitEnd(attempt);
        attempt.abandon();
    }

    private static void awaitEnd(Attempt attempt) {
        try {
            assertThat(attempt.awaitEnd(Duration.ofMinutes(1))).as("settled").isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private Attempt attempt(Settlement settlement, CryptoSettings settings) {
        return new Attempt(worker.part(UpstreamClient.class), worker.part(UpstreamQuota.class), settlement, settings);
    }

    private Settlement settlement(SignatureStore store) {
        return worker.settlement(worker.part(RetryPublisher.class), store);
    }

    /** The worker's settings, but for how long a call may take. */
    private CryptoSettings withTimeout(Duration timeout) {
        CryptoSettings all = worker.part(CryptoSettings.class);
        CryptoSettings.Retry retry = all.retry();
        return new CryptoSettings(
                all.api(),
                new CryptoSettings.Retry(
                        retry.period(), retry.delays(), timeout, retry.giveUpAfter(), retry.maxPending()),
                all.cache(),
                all.message(),
                all.requests(),
                all.batch(),
                all.waiting(),
                all.redis(),
                all.client(),
                all.cors(),
                all.callbacks());
    }

    /** One whose broker cannot be reached. */
    private RetryPublisher publisherCutOff() {
        try (Gate nowhere = Gate.to(1)) {
            var connections = new CachingConnectionFactory("127.0.0.1", nowhere.port());
            return new RetryPublisher(new RabbitTemplate(connections), worker.part(RetryTopology.class));
        }
    }

    /** The answers to the next calls, whatever their messages are; then the ordinary one. */
    private void answers(Behaviour... behaviours) {
        Queue<Behaviour> next = new ArrayDeque<>(List.of(behaviours));
        upstream.follow(called -> Optional.ofNullable(next.poll()));
    }

    private long calls() {
        return calls(message);
    }

    private long calls(String message) {
        return upstream.calls(message).size();
    }

    /** Its clock has stopped. */
    private final class StoreAt extends SignatureStore {

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

    private final class StoreThatFailsOnce extends SignatureStore {

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
