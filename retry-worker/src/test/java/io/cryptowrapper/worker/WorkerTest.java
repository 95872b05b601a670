package io.cryptowrapper.worker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

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
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.testing.Stage;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.amqp.core.MessageBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.data.redis.core.ZSetOperations.TypedTuple;

/** One worker, and what becomes of the messages in its queue. */
@Tag(Stage.BOTH_SERVERS)
@ExtendWith(OutputCaptureExtension.class)
class WorkerTest {

    /** Longer than a message lies in the outbox before it is queued. */
    private static final Duration OLD_ENOUGH = Duration.ofSeconds(6);

    private final UpstreamSimulator upstream = Shared.upstream();
    private final RunningWorker worker = Shared.worker();
    private final Instant aDayAgo = Instant.now().minus(Duration.ofHours(25));
    private final String message = "m-" + UUID.randomUUID();

    @AfterEach
    void everythingIsSettled() {
        upstream.follow(called -> Optional.empty());
        worker.repair();
        worker.redis().delete("sign:outbox");
        await("nothing waits").until(() -> worker.queued() == 0);
    }

    @Test
    void a_message_is_signed_stored_and_leaves_queue_and_line() {
        worker.accept(message);

        worker.awaitStatus(message, Signed.class);

        await().until(() -> worker.queued() == 0);
        await().until(() -> !worker.isInLine(message));
        assertThat(calls()).isEqualTo(1);
    }

    @Test
    void a_message_that_the_upstream_rejects_is_not_tried_again() {
        List<Integer> statuses = List.of(400, 413, 414, 422);
        upstream.follow(called -> Optional.of(Answer.text(statusIn(called), "not this one")));

        statuses.forEach(status -> worker.accept(message + "-" + status));

        for (int status : statuses) {
            String rejected = message + "-" + status;
            worker.awaitStatus(rejected, Rejected.class);
            assertThat(worker.status(rejected)).contains(new Rejected(new Failure(status, "not this one")));
            await().until(() -> !worker.isInLine(rejected));
        }
        await().until(() -> worker.queued() == 0);
        statuses.forEach(status -> assertThat(calls(message + "-" + status)).isEqualTo(1));
    }

    @Test
    void what_is_no_signature_never_becomes_one_and_the_message_is_tried_again() {
        Map<String, Behaviour> none = Map.of(
                "nothing", Answer.empty(),
                "a web page", new Answer(200, Map.of("Content-Type", "text/html"), "<html>"),
                "a mebibyte", Answer.text(200, "x".repeat(1024 * 1024)),
                "a redirect", new Answer(302, Map.of("Location", "/crypto/sign?message=x"), ""),
                "a reset", new Behaviour.Reset());
        upstream.follow(called -> calls(called) > 0
                ? Optional.empty()
                : Optional.ofNullable(none.get(called.replaceFirst(".* is not ", ""))));

        none.keySet().forEach(answer -> worker.accept(message + " is not " + answer));

        for (String answer : none.keySet()) {
            String tried = message + " is not " + answer;
            worker.awaitStatus(tried, Signed.class);
            assertThat(calls(tried)).as(answer).isEqualTo(2);
        }
    }

    @Test
    void a_refused_key_keeps_the_message_makes_the_worker_wait_and_shows_in_health() throws Exception {
        upstream.follow(called -> Optional.of(Answer.text(403, "who are you?")));
        worker.accept(message);

        await().until(() -> worker.status(message).orElseThrow() instanceof Pending pending && pending.attempt() == 2);
        assertThat(worker.management("/actuator/health").body()).contains("\"upstreamKey\":{\"status\":\"DOWN\"}");
        upstream.follow(called -> Optional.empty());
        worker.awaitStatus(message, Signed.class);

        assertThat(worker.management("/actuator/health").body()).contains("\"upstreamKey\":{\"status\":\"UP\"}");
        assertThat(timeBetweenTheFirstTwoCalls()).isGreaterThan(Shared.WINDOW.minusMillis(100));
    }

    @Test
    void a_retry_after_of_the_upstream_is_waited_for() {
        upstream.follow(called -> calls() == 0
                ? Optional.of(new Answer(429, Map.of("Retry-After", "1"), "slow down"))
                : Optional.empty());
        worker.accept(message);

        worker.awaitStatus(message, Signed.class);

        assertThat(timeBetweenTheFirstTwoCalls()).isGreaterThan(Duration.ofMillis(900));
    }

    @Test
    void a_message_that_only_the_queue_knows_is_tried() {
        worker.publish(new RetryMessage(new Message(message), 1, Instant.now()));

        worker.awaitStatus(message, Signed.class);
    }

    @Test
    void a_messages_text_is_in_no_log_line_and_no_metric(CapturedOutput output) throws Exception {
        upstream.follow(called -> calls() == 0 ? Optional.of(Answer.text(502, "down")) : Optional.empty());
        worker.accept(message);

        worker.awaitStatus(message, Signed.class);

        await().until(() -> output.getAll().contains(new Message(message) + ": signed at attempt 2"));
        assertThat(output.getAll()).doesNotContain(message);
        assertThat(worker.management("/actuator/metrics/http.client.requests").body()
                        + worker.management("/actuator/metrics").body())
                .doesNotContain(message);
    }

    @Test
    void a_payload_that_cannot_be_read_goes_to_parking_and_the_worker_goes_on() {
        String garbage = "garbage " + message;
        worker.rabbit()
                .send(
                        "",
                        "sign.work",
                        MessageBuilder.withBody(garbage.getBytes(UTF_8)).build());
        worker.accept(message);

        worker.awaitStatus(message, Signed.class);

        await().until(() -> worker.takeParked(garbage).isPresent());
    }

    @Test
    void a_message_that_has_become_too_old_is_tried_once_more_and_then_parked_and_never_dropped() {
        upstream.follow(called -> Optional.of(Answer.text(502, "still down")));
        worker.accept(message, aDayAgo);

        worker.awaitStatus(message, Rejected.class);

        assertThat(worker.status(message)).contains(new Rejected(new Failure(502, "still down")));
        await().until(() -> !worker.isInLine(message));
        assertThat(worker.takeParked(message).orElseThrow())
                .extracting(parked -> parked.getMessageProperties().getHeaders().get("x-parked-because"))
                .isEqualTo("given up after attempt 1");
        assertThat(calls()).isEqualTo(1);
    }

    @Test
    void a_message_that_fails_while_redis_is_away_waits_as_its_age_is_unknown_and_is_given_up_after_the_next_attempt(
            CapturedOutput output) {
        var first = new AtomicBoolean(true);
        upstream.follow(called -> {
            if (first.getAndSet(false)) {
                worker.toRedis().cut();
            }
            return Optional.of(Answer.text(502, "still down"));
        });
        worker.accept(message, aDayAgo);
        await().until(() -> output.getOut().contains(new Message(message) + ": queued again"));
        assertThat(worker.takeParked(message)).isEmpty();

        worker.toRedis().open();

        worker.awaitStatus(message, Rejected.class);
        assertThat(worker.takeParked(message)).isPresent();
        assertThat(calls()).isEqualTo(2);
    }

    @Test
    void when_redis_fails_after_a_success_only_the_write_is_repeated(CapturedOutput output) {
        upstream.follow(called -> {
            worker.toRedis().cut();
            return Optional.empty();
        });
        worker.accept(message);
        await().until(() -> output.getOut().contains(new Message(message).id() + ": its result is kept"));

        upstream.follow(called -> Optional.of(Answer.text(500, "a second call")));
        worker.toRedis().open();

        worker.awaitStatus(message, Signed.class);
        assertThat(calls()).isEqualTo(1);
    }

    @Test
    void when_the_broker_is_lost_during_a_call_the_answer_is_kept_and_the_copy_that_comes_again_is_dropped() {
        upstream.follow(called -> {
            worker.toBroker().cut();
            return Optional.empty();
        });
        worker.accept(message);
        worker.awaitStatus(message, Signed.class);
        upstream.follow(called -> Optional.empty());

        worker.repair();

        // It stands at the head of the queue.
        String behind = message + "-behind";
        worker.accept(behind);
        worker.awaitStatus(behind, Signed.class);
        await().until(() -> worker.queued() == 0);
        assertThat(calls()).isEqualTo(1);
    }

    @Test
    void while_the_broker_is_away_a_failure_waits_in_the_outbox_and_retries_pause_until_it_is_back(
            CapturedOutput output) {
        upstream.follow(called -> {
            worker.toBroker().cut();
            return Optional.of(Answer.text(502, "down"));
        });
        worker.accept(message);
        await().until(() -> outbox().contains(idOf(message)));
        await().until(() -> output.getOut().contains("RabbitMQ does not answer; retries pause"));
        upstream.follow(called -> Optional.empty());

        worker.repair();
        noteInOutbox(message, OLD_ENOUGH);

        worker.awaitStatus(message, Signed.class);
        assertThat(output.getOut()).contains("Retries go on");
        assertThat(calls()).isEqualTo(2);
    }

    @Test
    void retries_pause_while_redis_is_away_and_go_on_when_it_is_back(CapturedOutput output) {
        // Its last trouble, if there was one, is over.
        String before = message + "-before";
        worker.accept(before);
        await().until(() -> output.getOut().contains(new Message(before) + ": signed at attempt 1"));
        worker.toRedis().cut();
        worker.publish(new RetryMessage(new Message(message), 1, Instant.now()));
        await().until(() -> output.getOut().contains("Redis has a problem; retries pause"));
        await().until(() -> worker.due() == 1);
        assertThat(calls()).isZero();

        worker.toRedis().open();

        worker.awaitStatus(message, Signed.class);
        assertThat(calls()).isEqualTo(1);
    }

    @Test
    void a_message_in_the_outbox_is_queued_and_leaves_it() {
        // It is older than the time after which it is given up, but was never tried.
        worker.record(
                message, new Pending(new Message(message), new Failure(502, "down"), 1, Instant.ofEpochMilli(1000)));
        noteInOutbox(message, OLD_ENOUGH);
        noteInOutbox("young", Duration.ofMinutes(-1));

        worker.awaitStatus(message, Signed.class);

        await().untilAsserted(() -> assertThat(outbox()).containsExactly(idOf("young")));
    }

    @Test
    void a_message_in_the_outbox_that_is_signed_by_now_leaves_it_and_the_line() {
        worker.part(WaitingLine.class).join(new Message(message).id(), OLD_ENOUGH);
        worker.record(message, new Signed(new Signature("by the API")));
        noteInOutbox(message, OLD_ENOUGH);

        worker.outboxRelay().relay();

        await().until(() -> !outbox().contains(idOf(message)));
        assertThat(worker.isInLine(message)).isFalse();
    }

    @Test
    void a_message_in_the_outbox_whose_status_is_not_recorded_yet_is_kept_until_it_is_or_for_a_minute() {
        OutboxRelay relay = worker.outboxRelay();

        int looks = 0;
        do {
            noteInOutbox(message, OLD_ENOUGH);
            relay.relay();
            looks++;
        } while (outbox().contains(idOf(message)));

        // Two looks are five seconds apart. There are more where the worker's own relay was faster.
        assertThat(looks).isGreaterThanOrEqualTo(13);
    }

    @Test
    void a_long_outbox_leaves_time_for_the_report_without_which_the_worker_seems_dead() {
        Set<TypedTuple<String>> entries = new HashSet<>();
        for (int i = 0; i < 5000; i++) {
            entries.add(TypedTuple.of(idOf("long outbox " + i), 0.0));
        }
        worker.redis().opsForZSet().add("sign:outbox", entries);
        // Ten seconds for all of them, at least.
        worker.toRedis().slow(Duration.ofMillis(2));

        worker.outboxRelay().relay();

        assertThat(worker.redis().opsForZSet().count("sign:outbox", 0, 0)).isPositive();
    }

    @Test
    void a_message_in_the_outbox_is_not_forgotten_while_the_broker_takes_none() {
        worker.record(message, new Pending(new Message(message), new Failure(502, "down"), 1, Instant.now()));
        String key = "sign:{" + idOf(message) + "}";
        worker.redis().expire(key, Duration.ofMinutes(1));
        worker.toBroker().cut();
        noteInOutbox(message, OLD_ENOUGH);
        worker.outboxRelay().relay();

        await().until(() -> worker.redis().getExpire(key) > Duration.ofHours(1).toSeconds());

        worker.repair();
        noteInOutbox(message, OLD_ENOUGH);
        worker.outboxRelay().relay();
        worker.awaitStatus(message, Signed.class);
    }

    private void noteInOutbox(String message, Duration ago) {
        worker.redis().opsForZSet().add("sign:outbox", idOf(message), (double)
                (System.currentTimeMillis() - ago.toMillis()));
    }

    private Set<String> outbox() {
        return worker.redis().opsForZSet().range("sign:outbox", 0, -1);
    }

    private static String idOf(String message) {
        return new Message(message).id().hex();
    }

    /** The number that a message ends with. */
    private static int statusIn(String message) {
        return Integer.parseInt(message.replaceFirst(".*-", ""));
    }

    private Duration timeBetweenTheFirstTwoCalls() {
        List<Call> calls = upstream.calls(message);
        return Duration.ofNanos(calls.get(1).nanos() - calls.get(0).nanos());
    }

    private long calls() {
        return calls(message);
    }

    /** How many calls came for a message; asked by a script, without the present one. */
    private long calls(String message) {
        return upstream.calls(message).size();
    }
}
