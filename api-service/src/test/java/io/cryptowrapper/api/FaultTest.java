package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.signing.Message;
import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.simulator.Call;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.testing.Gate;
import io.cryptowrapper.testing.RawHttp;
import io.cryptowrapper.upstream.UpstreamClient;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** What clients are told while upstream, Redis or RabbitMQ are away: cut off, or there and silent. */
class FaultTest {

    private static final Duration PROMISED = Duration.ofSeconds(2);

    /** That may be under way at the same time. */
    private static final int MOST_CALLS = 256;

    private static UpstreamSimulator upstream;
    private static RunningApi api;

    private final String message = RunningApi.newMessage();

    enum Fault {
        CUT,
        SILENT;

        void on(Gate gate) {
            switch (this) {
                case CUT -> gate.cut();
                case SILENT -> gate.silence();
            }
        }
    }

    @BeforeAll
    static void start(@TempDir Path directory) throws Exception {
        upstream = TestServers.quickUpstream(directory);
        api = RunningApi.on(TestServers.newDatabase(), upstream.baseUrl());
        api.sign("warm");
    }

    @AfterAll
    static void stop() {
        api.close();
        upstream.close();
    }

    @AfterEach
    void repair() {
        upstream.follow(called -> Optional.empty());
        api.toRedis().open();
        api.toBroker().open();
        await().ignoreExceptions().untilAsserted(() -> {
            assertThat(api.sign(RunningApi.newMessage()).body()).contains("\"success\":true");
            assertThat(api.queued()).isNotNegative();
        });
    }

    @Test
    void an_upstream_that_hangs_gives_a_504_in_time_and_the_message_waits_in_the_queue() throws Exception {
        upstream.follow(called -> Optional.of(new Behaviour.Hang(Duration.ofSeconds(20))));
        long queued = api.queued();

        RawHttp.Response response = signInTime();

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body())
                .contains("\"last_status_code\":504", "\"retry_in_seconds\":", "The upstream did not answer within ");
        api.awaitQueued(queued + 1);
    }

    @Test
    void the_time_until_a_request_is_looked_at_counts() throws Exception {
        upstream.follow(called -> Optional.of(new Behaviour.Hang(Duration.ofSeconds(20))));
        try (RunningApi slow = RunningApi.on(TestServers.newDatabase(), upstream.baseUrl(), SlowWebLayer.SETTINGS)) {
            long start = System.nanoTime();

            RawHttp.Response response = slow.sign(message);

            assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(SlowWebLayer.DELAY, PROMISED);
            assertThat(response.body()).contains("\"last_status_code\":504", "The upstream did not answer within ");
        }
    }

    @Test
    void when_too_many_calls_hang_a_new_message_is_queued_at_once_and_costs_no_call() throws Exception {
        Duration hanging = Duration.ofSeconds(4);
        upstream.follow(called -> Optional.of(new Behaviour.Hang(hanging)));
        // A rehearsal: a process that has just started needs longer than two seconds where hundreds come at once.
        awaitAnswers(hangAsManyAsMay());
        await("the last call of it has ended")
                .until(() -> System.nanoTime() - upstream.calls().getLast().nanos()
                        > hanging.plusSeconds(1).toNanos());
        List<Socket> clients = hangAsManyAsMay();

        RawHttp.Response response = signInTime();

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body()).contains("\"last_status_code\":504", "too many calls wait for its answer");
        assertThat(calls()).isZero();
        awaitAnswers(clients);
    }

    /**
     * Clients whose calls hang, so many that no more calls are made. On a busy machine some of the first are not sent
     * after all, and make room again: only those count that have arrived.
     */
    private static List<Socket> hangAsManyAsMay() {
        int before = upstream.calls().size();
        List<Socket> hanging = new ArrayList<>();
        await("so many calls").pollInterval(Duration.ofMillis(5)).until(() -> {
            boolean room = api.part(UpstreamClient.class).hasRoom();
            if (room) {
                hanging.add(RawHttp.open(api.port(), "/crypto/sign?message=" + RunningApi.newMessage()));
            }
            return !room && upstream.calls().size() - before >= MOST_CALLS;
        });
        return hanging;
    }

    /** What is confirmed late is counted late, and would be taken for the next test's. */
    private static void awaitAnswers(List<Socket> clients) throws IOException {
        for (Socket client : clients) {
            RawHttp.read(client);
            client.close();
        }
        AtomicLong before = new AtomicLong(-1);
        await().pollInterval(Duration.ofMillis(500)).until(() -> {
            long now = api.queued();
            return before.getAndSet(now) == now;
        });
    }

    @Test
    void a_call_may_take_no_longer_than_it_is_set() throws Exception {
        upstream.follow(called -> Optional.of(new Behaviour.Hang(Duration.ofSeconds(20))));
        try (RunningApi impatient =
                RunningApi.on(TestServers.newDatabase(), upstream.baseUrl(), Map.of("crypto.api.timeout", "300ms"))) {
            assertThat(impatient.sign(message).body()).contains("The upstream did not answer within 300 ms.");
        }
    }

    @ParameterizedTest
    @EnumSource
    void without_rabbitmq_a_new_message_is_called_once_and_kept_in_the_outbox(Fault fault) throws Exception {
        upstream.follow(called -> Optional.of(Behaviour.Answer.text(502, "down")));
        fault.on(api.toBroker());

        RawHttp.Response response = signInTime();

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body()).contains("\"last_status_code\":502", "\"retry_in_seconds\":", "\"value\":\"down\"");
        assertThat(api.redis()
                        .opsForZSet()
                        .score("sign:outbox", new Message(message).id().hex()))
                .isNotNull();
        assertThat(signInTime().body()).contains("\"last_status_code\":502");
        assertThat(calls()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void without_rabbitmq_cached_answers_and_first_signatures_go_on(Fault fault) throws Exception {
        fault.on(api.toBroker());

        assertThat(signInTime().body()).contains("\"success\":true");
        assertThat(signInTime().body()).contains("\"success\":true");
        assertThat(api.management("/actuator/health/readiness").status()).isEqualTo(200);
        assertThat(calls()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void without_redis_a_signature_that_was_answered_before_is_answered_from_memory(Fault fault) throws Exception {
        String answered = api.sign(message).body();
        fault.on(api.toRedis());

        RawHttp.Response response = signInTime();

        assertThat(response.body()).isEqualTo(answered).contains("\"success\":true");
        assertThat(api.management("/actuator/health/readiness").status()).isEqualTo(200);
    }

    @ParameterizedTest
    @EnumSource
    void without_redis_a_new_message_is_queued_once_and_the_upstream_is_not_called(Fault fault) throws Exception {
        long queued = api.queued();
        fault.on(api.toRedis());

        for (int i = 0; i < 3; i++) {
            RawHttp.Response response = signInTime();
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.body())
                    .contains("\"last_status_code\":429", "\"retry_in_seconds\":600", "\"success\":false")
                    .contains("its quota cannot be read at the moment. The message is queued.");
            assertThat(response.header("Retry-After")).contains("600");
        }
        api.awaitQueued(queued + 1);
        assertThat(calls()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void without_both_nothing_is_accepted_and_the_client_is_told_when_to_come_back(Fault fault) throws Exception {
        String answered = RunningApi.newMessage();
        api.sign(answered);
        fault.on(api.toRedis());
        fault.on(api.toBroker());

        RawHttp.Response response = signInTime();

        assertThat(response.status()).isEqualTo(503);
        assertThat(response.header("Content-Type")).contains("application/problem+json");
        assertThat(response.header("Retry-After")).contains("5");
        assertThat(response.body()).contains("Nothing is promised: send it again later.");
        assertThat(api.sign(answered).body()).contains("\"success\":true");
        assertThat(calls()).isZero();
    }

    @Test
    void a_grant_that_no_replica_of_redis_has_is_not_used_and_the_message_waits_in_the_queue() throws Exception {
        long queued = api.queued();
        try (RunningApi replicated =
                RunningApi.on(TestServers.newDatabase(), upstream.baseUrl(), Map.of("crypto.redis.replicas", "1"))) {
            long asked = System.nanoTime();
            RawHttp.Response response = replicated.sign(message);

            assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(PROMISED);
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.body()).contains("\"retry_in_seconds\":");
        }
        api.awaitQueued(queued + 1);
        assertThat(upstream.calls()).extracting(Call::message).doesNotContain(message);
    }

    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void what_is_wrong_with_redis_and_rabbitmq_is_told_once_in_the_log(CapturedOutput output) throws Exception {
        try (RunningApi another = RunningApi.on(TestServers.newDatabase(), upstream.baseUrl())) {
            another.toBroker().cut();
            // Full: it can be read and not written.
            another.letRedisUse("1");
            try {
                for (int i = 0; i < 5; i++) {
                    another.sign(RunningApi.newMessage());
                }
            } finally {
                another.letRedisUse("0");
            }
        }

        assertThat(output.getOut())
                .containsOnlyOnce("Redis: OOM command not allowed")
                .containsOnlyOnce("RabbitMQ: a message was not queued: ");
    }

    @Test
    void when_both_fall_silent_during_the_call_the_answer_still_comes_in_time() throws Exception {
        bestOfThree(() -> {
            upstream.follow(called -> {
                api.toRedis().silence();
                api.toBroker().silence();
                return Optional.of(new Behaviour.Hang(Duration.ofSeconds(20)));
            });

            assertThat(signInTime(RunningApi.newMessage()).status()).isEqualTo(503);
        });
    }

    @Test
    void when_redis_is_slow_the_promise_is_still_told_in_time() throws Exception {
        bestOfThree(() -> {
            upstream.follow(called -> Optional.of(new Behaviour.Hang(Duration.ofSeconds(20))));
            long queued = api.queued();
            api.toRedis().slow(Duration.ofMillis(150));

            RawHttp.Response response = signInTime(RunningApi.newMessage());

            assertThat(response.status()).isEqualTo(200);
            assertThat(response.body()).contains("\"last_status_code\":504", "\"retry_in_seconds\":600");
            api.awaitQueued(queued + 1);
        });
    }

    @Test
    void a_message_that_was_queued_unseen_once_is_queued_again_in_the_next_outage() throws Exception {
        api.toRedis().cut();
        signInTime();
        api.toRedis().open();
        upstream.follow(called -> Optional.of(Behaviour.Answer.text(422, "not this one")));
        await().ignoreExceptions().until(() -> api.sign(message).body().contains("not this one"));
        long queued = api.queued();
        api.toRedis().cut();

        assertThat(signInTime().body()).contains("The message is queued.");

        api.awaitQueued(queued + 1);
    }

    @Test
    void a_key_that_the_upstream_refuses_is_told_loudly_and_the_message_waits() throws Exception {
        upstream.follow(called -> Optional.of(Behaviour.Answer.text(401, "who are you?")));
        try (RunningApi refused = RunningApi.on(
                TestServers.newDatabase(),
                upstream.baseUrl(),
                Map.of("crypto.api.quota.window", "30s", "crypto.retry.period", "100ms"))) {
            long queued = refused.queued();

            assertThat(refused.sign(message).body())
                    .contains("\"last_status_code\":401", "\"retry_in_seconds\":", "who are you?");

            refused.awaitQueued(queued + 1);
            RawHttp.Response health = refused.management("/actuator/health");
            assertThat(health.status()).isEqualTo(503);
            assertThat(health.body()).contains("\"upstreamKey\":{\"status\":\"DOWN\"}");
            assertThat(refused.management("/actuator/health/readiness").status())
                    .isEqualTo(200);
            assertThat(refused.management("/actuator/metrics/upstream.key.refused")
                            .body())
                    .contains("\"value\":1");
            // For a window nobody calls.
            assertThat(refused.sign(RunningApi.newMessage()).body()).contains("its quota is used up");
        }
    }

    private interface Attempt {
        void make() throws Exception;
    }

    /** These answers come a tenth of a second before the promise ends: a machine that stalls may spoil one, not all. */
    private void bestOfThree(Attempt attempt) throws Exception {
        for (int spoiled = 0; ; spoiled++) {
            try {
                attempt.make();
                return;
            } catch (AssertionError e) {
                if (spoiled == 2) {
                    throw e;
                }
                repair();
            }
        }
    }

    private RawHttp.Response signInTime() throws IOException {
        return signInTime(message);
    }

    private static RawHttp.Response signInTime(String message) throws IOException {
        long start = System.nanoTime();
        RawHttp.Response response = api.sign(message);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(PROMISED);
        return response;
    }

    private long calls() {
        return upstream.calls().stream()
                .filter(call -> call.message().equals(message))
                .count();
    }
}
