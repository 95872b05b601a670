package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.signing.Message;
import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.testing.Gate;
import io.cryptowrapper.testing.RawHttp;
import io.cryptowrapper.testing.Stage;
import io.cryptowrapper.upstream.UpstreamClient;
import io.cryptowrapper.upstream.UpstreamQuota;
import io.cryptowrapper.upstream.UpstreamQuota.Permission;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/**
 * What clients are answered while upstream, Redis or RabbitMQ are away: cut off, or there and silent. How soon, is in
 * {@link AnswerTimeTest}.
 */
@Tag(Stage.BOTH_SERVERS)
@Timeout(60)
class FaultTest extends SharedApiTest {

    /** Calls that may be under way at the same time. */
    private static final int MOST_CALLS = 256;

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

    @Test
    void an_upstream_that_hangs_gives_a_504_and_the_message_waits_in_the_queue() throws Exception {
        upstreamDoes(new Behaviour.Hang(Duration.ofSeconds(20)));

        RawHttp.Response response = api.sign(message);

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body())
                .contains("\"last_status_code\":504", "\"retry_in_seconds\":", "The upstream did not answer within ");
        QueuedMessages.awaitOnce(message);
    }

    @Test
    void when_too_many_calls_hang_a_new_message_is_queued_and_costs_no_call() throws Exception {
        upstreamDoes(new Behaviour.Hang(Duration.ofMinutes(1)));
        try (RunningApi busy = RunningApi.on(TestServers.newDatabase(), upstream.baseUrl())) {
            for (int i = 0; i < MOST_CALLS; i++) {
                var permission =
                        (Permission.Granted) busy.part(UpstreamQuota.class).takeForFirstCall();
                var _ = busy.part(UpstreamClient.class)
                        .call(permission.grant(), new Message(message + i), Duration.ofMinutes(1));
            }

            RawHttp.Response response = busy.sign(message);

            assertThat(response.status()).isEqualTo(200);
            assertThat(response.body()).contains("\"last_status_code\":504", "too many calls wait for its answer");
            assertThat(calls()).isZero();
            QueuedMessages.awaitOnce(message);
        }
    }

    @Test
    void a_call_may_take_no_longer_than_it_is_set() throws Exception {
        upstreamDoes(new Behaviour.Hang(Duration.ofSeconds(20)));
        try (RunningApi impatient =
                RunningApi.on(TestServers.newDatabase(), upstream.baseUrl(), Map.of("crypto.api.timeout", "300ms"))) {
            assertThat(impatient.sign(message).body()).contains("The upstream did not answer within 300 ms.");
        }
    }

    @ParameterizedTest
    @EnumSource
    void without_rabbitmq_a_new_message_is_called_once_and_kept_in_the_outbox(Fault fault) throws Exception {
        upstreamDoes(Behaviour.Answer.text(502, "down"));
        fault.on(api.toBroker());

        RawHttp.Response response = api.sign(message);

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body()).contains("\"last_status_code\":502", "\"retry_in_seconds\":", "\"value\":\"down\"");
        assertThat(api.redis().opsForZSet().score("sign:outbox", id.hex())).isNotNull();
        assertThat(api.sign(message).body()).contains("\"last_status_code\":502");
        assertThat(calls()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void without_rabbitmq_cached_answers_and_first_signatures_go_on(Fault fault) throws Exception {
        fault.on(api.toBroker());

        assertThat(api.sign(message).body()).contains("\"success\":true");
        assertThat(api.sign(message).body()).contains("\"success\":true");
        assertThat(api.management("/actuator/health/readiness").status()).isEqualTo(200);
        assertThat(calls()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void without_redis_a_signature_that_was_answered_before_is_answered_from_memory(Fault fault) throws Exception {
        String answered = api.sign(message).body();
        fault.on(api.toRedis());

        RawHttp.Response response = api.sign(message);

        assertThat(response.body()).isEqualTo(answered).contains("\"success\":true");
        assertThat(api.management("/actuator/health/readiness").status()).isEqualTo(200);
    }

    @ParameterizedTest
    @EnumSource
    void without_redis_a_new_message_is_queued_once_and_the_upstream_is_not_called(Fault fault) throws Exception {
        fault.on(api.toRedis());

        for (int i = 0; i < 3; i++) {
            RawHttp.Response response = api.sign(message);
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.body())
                    .contains("\"last_status_code\":429", "\"retry_in_seconds\":600", "\"success\":false")
                    .contains("its quota cannot be read at the moment. The message is queued.");
            assertThat(response.header("Retry-After")).contains("600");
        }
        QueuedMessages.awaitOnce(message);
        assertThat(calls()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void without_both_nothing_is_accepted_and_the_client_is_told_when_to_come_back(Fault fault) throws Exception {
        String answered = RunningApi.newMessage();
        api.sign(answered);
        fault.on(api.toRedis());
        fault.on(api.toBroker());

        RawHttp.Response response = api.sign(message);

        assertThat(response.status()).isEqualTo(503);
        assertThat(response.header("Content-Type")).contains("application/problem+json");
        assertThat(response.header("Retry-After")).contains("5");
        assertThat(response.body()).contains("Nothing is promised: send it again later.");
        assertThat(api.sign(answered).body()).contains("\"success\":true");
        assertThat(calls()).isZero();
    }

    /** Takes ten seconds, as a start waits so long for the replica. */
    @Test
    @Tag(Stage.CONTAINERS)
    void a_grant_that_no_replica_of_redis_has_is_not_used_and_the_message_waits_in_the_queue() throws Exception {
        try (RunningApi replicated =
                RunningApi.on(TestServers.newDatabase(), upstream.baseUrl(), Map.of("crypto.redis.replicas", "1"))) {
            RawHttp.Response response = replicated.sign(message);

            assertThat(response.status()).isEqualTo(200);
            assertThat(response.body()).contains("\"retry_in_seconds\":");
        }
        QueuedMessages.awaitOnce(message);
        assertThat(calls()).isZero();
    }

    @Test
    void without_a_grant_there_is_no_call_and_the_message_waits_in_the_queue() throws Exception {
        try (RunningApi own = RunningApi.on(TestServers.newDatabase(), upstream.baseUrl())) {
            own.redis().opsForValue().set("sign:quota", "not a hash");

            RawHttp.Response response = own.sign(message);

            assertThat(response.status()).isEqualTo(200);
            assertThat(response.body())
                    .contains("\"last_status_code\":429", "\"retry_in_seconds\":", "its quota cannot be read");
            QueuedMessages.awaitOnce(message);
            assertThat(calls()).isZero();
        }
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
    void a_message_that_was_queued_unseen_once_is_queued_again_in_the_next_outage() throws Exception {
        api.toRedis().cut();
        api.sign(message);
        QueuedMessages.awaitOnce(message);
        api.toRedis().open();
        upstreamDoes(Behaviour.Answer.text(422, "not this one"));
        await().ignoreExceptions().until(() -> api.sign(message).body().contains("not this one"));
        // One more than once, where a poll came while only some of the connections to Redis were there again.
        long before = QueuedMessages.times(message);
        api.toRedis().cut();

        assertThat(api.sign(message).body()).contains("The message is queued.");

        await().untilAsserted(() -> assertThat(QueuedMessages.times(message)).isEqualTo(before + 1));
    }

    @Test
    void a_key_that_the_upstream_refuses_is_told_loudly_and_the_message_waits() throws Exception {
        upstreamDoes(Behaviour.Answer.text(401, "who are you?"));
        try (RunningApi refused = RunningApi.on(
                TestServers.newDatabase(),
                upstream.baseUrl(),
                Map.of("crypto.api.quota.window", "30s", "crypto.retry.period", "100ms"))) {
            assertThat(refused.sign(message).body())
                    .contains("\"last_status_code\":401", "\"retry_in_seconds\":", "who are you?");

            QueuedMessages.awaitOnce(message);
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
}
