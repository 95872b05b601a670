package io.cryptowrapper.worker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.results.Backlog;
import io.cryptowrapper.results.WaitingLine;
import io.cryptowrapper.retryqueue.RetryMessage;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.Signature;
import io.cryptowrapper.signing.SigningStatus.Pending;
import io.cryptowrapper.signing.SigningStatus.Rejected;
import io.cryptowrapper.signing.SigningStatus.Signed;
import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.simulator.Behaviour.Answer;
import io.cryptowrapper.simulator.Call;
import io.cryptowrapper.simulator.SimulatorSettings;
import io.cryptowrapper.simulator.UpstreamSimulator;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.amqp.core.MessageBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.data.redis.core.ZSetOperations.TypedTuple;

/** One worker, and what becomes of the messages in its queue. */
class WorkerTest {

    private static UpstreamSimulator upstream;
    private static RunningWorker worker;

    private final String message = "m-" + UUID.randomUUID();

    @BeforeAll
    static void start(@TempDir Path directory) {
        upstream = UpstreamSimulator.start(SimulatorSettings.in(directory)
                .withFailingShare(0)
                .withCalls(100_000)
                .withLatency(Duration.ofMillis(20)));
        worker =
                RunningWorker.on(RunningWorker.newDatabase(), upstream.baseUrl(), Map.of("crypto.retry.timeout", "6s"));
    }

    @AfterAll
    static void stop() {
        worker.close();
        upstream.close();
    }

    @AfterEach
    void everythingIsSettled() {
        upstream.follow(called -> Optional.empty());
        worker.toRedis().open();
        worker.toBroker().open();
        await("nothing waits").ignoreExceptions().until(() -> {
            worker.redis().delete("sign:outbox");
            return worker.queued() == 0;
        });
    }

    @Test
    void a_message_is_signed_stored_and_leaves_queue_and_line() {
        worker.accept(message);

        worker.awaitStatus(message, Signed.class);

        await().until(() -> worker.queued() == 0);
        assertThat(worker.isInLine(message)).isFalse();
        assertThat(calls()).isEqualTo(1);
    }

    @Test
    void a_message_that_fails_keeps_its_last_failure_and_goes_round_until_it_is_signed() {
        List<Answer> answers = List.of(Answer.text(502, "second"), Answer.text(500, "third"), Answer.text(200, "c2ln"));
        // At each of its calls: whoever looks at other times may miss one.
        List<Pending> seen = new CopyOnWriteArrayList<>();
        List<Boolean> inLine = new CopyOnWriteArrayList<>();
        upstream.follow(called -> {
            seen.add((Pending) worker.status(message).orElseThrow());
            inLine.add(worker.isInLine(message));
            return Optional.of(answers.get(seen.size() - 1));
        });
        worker.accept(message);

        worker.awaitStatus(message, Signed.class);

        assertThat(seen).extracting(Pending::attempt).containsExactly(1, 2, 3);
        assertThat(seen)
                .extracting(Pending::last)
                .containsExactly(new Failure(502, "first"), new Failure(502, "second"), new Failure(500, "third"));
        assertThat(inLine).containsExactly(true, true, true);
        assertThat(calls()).isEqualTo(3);
    }

    @Test
    void messages_have_their_turns_in_order_and_those_that_fail_go_to_the_end() {
        String first = message + "-1";
        String second = message + "-2";
        String third = message + "-3";
        upstream.follow(called -> calls(called) < 2 ? Optional.of(Answer.text(502, "down")) : Optional.empty());

        worker.acceptAtOnce(List.of(first, second, third));
        Stream.of(first, second, third).forEach(each -> worker.awaitStatus(each, Signed.class));

        assertThat(upstream.calls())
                .extracting(Call::message)
                .filteredOn(called -> called.startsWith(message))
                .containsExactly(first, second, third, first, second, third, first, second, third);
    }

    @Test
    void no_two_retries_are_closer_than_a_period() {
        List<String> messages =
                Stream.of(1, 2, 3, 4, 5, 6).map(i -> message + "-" + i).toList();

        messages.forEach(worker::accept);
        messages.forEach(each -> worker.awaitStatus(each, Signed.class));

        List<Call> calls = upstream.calls().stream()
                .filter(call -> call.message().startsWith(message))
                .toList();
        assertThat(calls).hasSize(6);
        // As they were granted; on their way some were faster than others.
        assertThat(Duration.ofNanos(calls.getLast().nanos() - calls.getFirst().nanos()))
                .isGreaterThan(RunningWorker.PERIOD.multipliedBy(5).minusMillis(100));
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 413, 414, 422})
    void a_message_that_the_upstream_rejects_is_told_so_and_not_tried_again(int status) {
        answers(Answer.text(status, "not this one"));
        worker.accept(message);

        worker.awaitStatus(message, Rejected.class);

        assertThat(worker.status(message)).contains(new Rejected(new Failure(status, "not this one")));
        await().until(() -> worker.queued() == 0);
        assertThat(worker.isInLine(message)).isFalse();
        assertThat(calls()).isEqualTo(1);
    }

    static Stream<Arguments> noSignatures() {
        return Stream.of(
                Arguments.of("nothing", Answer.empty()),
                Arguments.of("a web page", new Answer(200, Map.of("Content-Type", "text/html"), "<html>")),
                Arguments.of("a mebibyte", Answer.text(200, "x".repeat(1024 * 1024))),
                Arguments.of("a redirect", new Answer(302, Map.of("Location", "/crypto/sign?message=x"), "")),
                Arguments.of("a reset", new Behaviour.Reset()),
                Arguments.of("silence", new Behaviour.Hang(Duration.ofSeconds(20))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("noSignatures")
    void what_is_no_signature_never_becomes_one_and_the_message_is_tried_again(String name, Behaviour behaviour) {
        answers(behaviour);
        worker.accept(message);

        worker.awaitStatus(message, Signed.class);

        assertThat(calls()).isEqualTo(2);
    }

    @Test
    void a_slow_answer_does_not_hold_up_the_messages_behind() {
        String slow = message + "-slow";
        upstream.follow(called ->
                called.equals(slow) ? Optional.of(new Behaviour.Hang(Duration.ofSeconds(5))) : Optional.empty());
        worker.accept(slow);
        await().until(() -> calls(slow) == 1);

        worker.accept(message);
        worker.awaitStatus(message, Signed.class);

        assertThat(worker.status(slow).orElseThrow()).isInstanceOf(Pending.class);
        worker.awaitStatus(slow, Signed.class);
        assertThat(calls(slow)).isEqualTo(1);
    }

    @Test
    void a_copy_of_a_signed_message_is_dropped_without_a_call_and_gives_its_turn_to_the_next() {
        String signed = message + "-signed";
        // First, as the copy may be due before the other is written.
        worker.record(signed, new Signed(new Signature("by the API")));
        worker.accept(signed);

        worker.accept(message);
        worker.awaitStatus(message, Signed.class);

        assertThat(calls(signed)).isZero();
        assertThat(worker.isInLine(signed)).isFalse();
        assertThat(worker.status(signed)).contains(new Signed(new Signature("by the API")));
    }

    @Test
    void a_copy_of_an_earlier_attempt_is_dropped_without_a_call() {
        var later = new Pending(new Message(message), new Failure(502, "down"), 7, Instant.EPOCH.plusSeconds(1));
        worker.record(message, later);
        worker.publish(new RetryMessage(new Message(message), 6, Instant.now()));

        await().until(() -> worker.queued() == 0);

        assertThat(calls()).isZero();
        assertThat(worker.status(message)).contains(later);
    }

    @Test
    void a_message_that_is_signed_while_an_attempt_fails_is_neither_queued_again_nor_parked() {
        upstream.follow(called -> {
            worker.record(message, new Signed(new Signature("by the API")));
            return Optional.of(Answer.text(502, "down"));
        });
        worker.accept(message, Instant.now().minus(Duration.ofHours(25)));

        await().until(() -> calls() == 1);
        await().until(() -> worker.queued() == 0);

        assertThat(worker.status(message)).contains(new Signed(new Signature("by the API")));
        assertThat(worker.isInLine(message)).isFalse();
        assertThat(worker.rabbit().receive("sign.parking")).isNull();
    }

    @Test
    void hundreds_of_copies_that_need_no_call_cost_their_neighbours_no_turn() {
        worker.record(message, new Pending(new Message(message), new Failure(502, "down"), 7, Instant.now()));
        for (int i = 0; i < 400; i++) {
            worker.publish(new RetryMessage(new Message(message), 1, Instant.now()));
        }
        String behind = message + "-behind";
        worker.accept(behind);

        worker.awaitStatus(behind, Signed.class);

        assertThat(calls()).isZero();
    }

    @Test
    void a_message_that_only_the_queue_knows_is_tried() {
        worker.publish(new RetryMessage(new Message(message), 1, Instant.now()));

        worker.awaitStatus(message, Signed.class);
    }

    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void a_messages_text_is_in_no_log_line_and_no_metric(CapturedOutput output) throws Exception {
        answers(Answer.text(502, "down"));
        worker.accept(message);

        worker.awaitStatus(message, Signed.class);

        await().until(() -> output.getAll().contains("signed at attempt 2"));
        assertThat(output.getAll()).doesNotContain(message);
        assertThat(worker.management("/actuator/metrics/http.client.requests").body()
                        + worker.management("/actuator/metrics").body())
                .doesNotContain(message);
    }

    @Test
    void a_payload_that_cannot_be_read_goes_to_parking_and_the_worker_goes_on() {
        byte[] garbage = ("garbage " + message).getBytes(UTF_8);
        worker.rabbit().send("", "sign.work", MessageBuilder.withBody(garbage).build());
        worker.accept(message);

        worker.awaitStatus(message, Signed.class);

        await().untilAsserted(() -> assertThat(worker.rabbit().receive("sign.parking"))
                .isNotNull()
                .extracting(parked -> new String(parked.getBody(), UTF_8))
                .isEqualTo("garbage " + message));
    }

    @Test
    void a_message_that_has_become_too_old_is_tried_once_more_and_then_parked_and_never_dropped() {
        answers(Answer.text(502, "still down"));
        worker.accept(message, Instant.now().minus(Duration.ofHours(25)));

        worker.awaitStatus(message, Rejected.class);

        assertThat(worker.status(message)).contains(new Rejected(new Failure(502, "still down")));
        assertThat(worker.isInLine(message)).isFalse();
        await().untilAsserted(() -> assertThat(worker.rabbit().receive("sign.parking"))
                .isNotNull()
                .satisfies(parked -> {
                    assertThat(new String(parked.getBody(), UTF_8)).contains(message);
                    assertThat(parked.getMessageProperties().getHeaders())
                            .containsEntry("x-parked-because", "given up after attempt 1");
                }));
    }

    @Test
    void a_message_that_fails_while_redis_is_away_waits_as_its_age_is_unknown_and_is_given_up_after_the_next_attempt() {
        var first = new AtomicBoolean(true);
        upstream.follow(called -> {
            if (first.getAndSet(false)) {
                worker.toRedis().cut();
            }
            return Optional.of(Answer.text(502, "still down"));
        });
        worker.accept(message, Instant.now().minus(Duration.ofHours(25)));
        await().until(() -> calls() == 1);
        await().until(() -> worker.queued() == 1);
        assertThat(worker.rabbit().receive("sign.parking")).isNull();

        worker.toRedis().open();

        worker.awaitStatus(message, Rejected.class);
        await().until(() -> worker.rabbit().receive("sign.parking") != null);
        await().until(() -> worker.queued() == 0);
        assertThat(calls()).isEqualTo(2);
    }

    @Test
    void when_redis_fails_after_a_success_only_the_write_is_repeated() {
        upstream.follow(called -> {
            worker.toRedis().cut();
            return Optional.of(Answer.text(200, "c2ln"));
        });
        worker.accept(message);
        await().until(() -> calls() == 1);

        upstream.follow(called -> Optional.of(Answer.text(500, "a second call")));
        worker.toRedis().open();

        worker.awaitStatus(message, Signed.class);
        assertThat(calls()).isEqualTo(1);
    }

    @Test
    void when_the_broker_is_lost_during_a_call_the_answer_is_kept_and_the_copy_that_comes_again_is_dropped() {
        upstream.follow(called -> {
            worker.toBroker().cut();
            return Optional.of(Answer.text(200, "c2ln"));
        });
        worker.accept(message);

        worker.awaitStatus(message, Signed.class);
        worker.toBroker().open();

        await().ignoreExceptions().until(() -> worker.queued() == 0);
        assertThat(calls()).isEqualTo(1);
    }

    @Test
    void when_the_broker_is_lost_before_a_failure_can_be_queued_the_message_comes_again() {
        var first = new AtomicReference<>(Answer.text(502, "down"));
        upstream.follow(called -> {
            Answer answer = first.getAndSet(Answer.text(200, "c2ln"));
            if (answer.status() == 502) {
                worker.toBroker().cut();
            }
            return Optional.of(answer);
        });
        worker.accept(message);
        await().until(() -> calls() == 1);
        worker.toBroker().open();

        worker.awaitStatus(message, Signed.class);
        assertThat(calls()).isEqualTo(2);
    }

    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void retries_pause_while_redis_is_away_and_go_on_when_it_is_back(CapturedOutput output) {
        // Its last trouble, if there was one, is over.
        worker.accept(message + "-before");
        worker.awaitStatus(message + "-before", Signed.class);
        worker.toRedis().cut();
        worker.publish(new RetryMessage(new Message(message), 1, Instant.now()));
        await().until(() -> output.getOut().contains("Redis has a problem; retries pause"));
        assertThat(worker.due()).isEqualTo(1);
        assertThat(calls()).isZero();

        worker.toRedis().open();

        worker.awaitStatus(message, Signed.class);
        assertThat(calls()).isEqualTo(1);
    }

    @Test
    void retries_pause_while_the_broker_is_away_and_go_on_when_it_is_back() {
        upstream.follow(called -> {
            worker.toBroker().cut();
            return Optional.of(Answer.text(502, "down"));
        });
        worker.accept(message);
        await().until(() -> calls() == 1);
        upstream.follow(called -> Optional.empty());
        worker.toBroker().open();

        worker.awaitStatus(message, Signed.class);
        assertThat(calls()).isEqualTo(2);
    }

    @Test
    void a_message_in_the_outbox_is_queued_and_leaves_it() {
        worker.record(
                message, new Pending(new Message(message), new Failure(502, "down"), 1, Instant.ofEpochMilli(1000)));
        noteInOutbox(message, Duration.ofSeconds(6));
        noteInOutbox("young", Duration.ofMinutes(-1));

        // It is older than the time after which it is given up, but was never tried.
        worker.awaitStatus(message, Signed.class);

        await().untilAsserted(() ->
                assertThat(outbox()).containsExactly(new Message("young").id().hex()));
    }

    @Test
    void a_message_in_the_outbox_that_is_signed_by_now_leaves_it_and_the_line() {
        worker.part(WaitingLine.class).join(new Message(message).id(), Duration.ofSeconds(6));
        worker.record(message, new Signed(new Signature("by the API")));
        noteInOutbox(message, Duration.ofSeconds(6));

        await().untilAsserted(() ->
                assertThat(outbox()).doesNotContain(new Message(message).id().hex()));

        assertThat(worker.isInLine(message)).isFalse();
    }

    @Test
    void a_message_in_the_outbox_whose_status_is_not_recorded_yet_is_kept_until_it_is_or_for_a_minute() {
        noteInOutbox(message, Duration.ofSeconds(6));
        worker.relayOutbox();
        assertThat(outbox()).contains(new Message(message).id().hex());

        int looks = 1;
        for (; outbox().contains(new Message(message).id().hex()); looks++) {
            noteInOutbox(message, Duration.ofSeconds(6));
            worker.relayOutbox();
        }

        // The worker may have looked by itself meanwhile, which it does each second.
        assertThat(looks).isBetween(11, 13);
    }

    @Test
    void a_long_outbox_leaves_time_for_the_report_without_which_the_worker_seems_dead() {
        for (int i = 0; i < 200; i++) {
            Set<TypedTuple<String>> thousand = new HashSet<>();
            for (int j = 0; j < 1000; j++) {
                thousand.add(TypedTuple.of(
                        new Message("long outbox " + i + " " + j).id().hex(), 0.0));
            }
            worker.redis().opsForZSet().add("sign:outbox", thousand);
        }

        worker.relayOutbox();

        assertThat(worker.redis().opsForZSet().count("sign:outbox", 0, 0)).isPositive();
    }

    @Test
    void a_message_in_the_outbox_is_not_forgotten_while_the_broker_takes_none() {
        worker.record(message, new Pending(new Message(message), new Failure(502, "down"), 1, Instant.now()));
        String key = "sign:{" + new Message(message).id().hex() + "}";
        worker.redis().expire(key, Duration.ofMinutes(1));
        worker.toBroker().cut();
        noteInOutbox(message, Duration.ofSeconds(6));

        await().until(() -> worker.redis().getExpire(key) > Duration.ofHours(1).toSeconds());

        worker.toBroker().open();
        worker.awaitStatus(message, Signed.class);
    }

    @Test
    void what_is_in_the_outbox_counts_as_waiting() {
        noteInOutbox(message, Duration.ofMinutes(-1));

        await().untilAsserted(() -> assertThat(
                        worker.part(Backlog.class).latest().orElseThrow().depth())
                .isEqualTo(1));
    }

    @Test
    void the_depth_of_the_queue_is_reported() throws Exception {
        upstream.follow(called -> Optional.of(Answer.text(502, "down")));
        worker.accept(message);

        await().untilAsserted(() -> assertThat(
                        worker.part(Backlog.class).latest().orElseThrow().depth())
                .isEqualTo(1));
        assertThat(worker.management("/actuator/metrics/retry.queue.depth").body())
                .contains("\"value\":1");
    }

    private static void noteInOutbox(String message, Duration ago) {
        worker.redis().opsForZSet().add("sign:outbox", new Message(message).id().hex(), (double)
                (System.currentTimeMillis() - ago.toMillis()));
    }

    private static Set<String> outbox() {
        return worker.redis().opsForZSet().range("sign:outbox", 0, -1);
    }

    /** The answers to the message's calls in their order; then the ordinary one. */
    private void answers(Behaviour... behaviours) {
        Function<String, Optional<Behaviour>> script = called -> {
            int index = (int) calls(called);
            return called.equals(message) && index < behaviours.length
                    ? Optional.of(behaviours[index])
                    : Optional.empty();
        };
        upstream.follow(script);
    }

    private long calls() {
        return calls(message);
    }

    /** How many calls came for a message; asked by a script, without the present one. */
    private static long calls(String message) {
        return upstream.calls().stream()
                .filter(call -> call.message().equals(message))
                .count();
    }
}
