package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.testing.RawHttp;
import io.cryptowrapper.testing.Stage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Concurrent requests for a new message, at two APIs, share one upstream call. */
@Tag(Stage.BOTH_SERVERS)
@Timeout(60)
class OneCallTest extends SharedApiTest {

    @Test
    void a_hundred_requests_get_the_one_signature() throws Exception {
        upstreamDoes(Behaviour.Answer.text(200, "c2ln"));

        assertThat(askAtOnce(message))
                .allSatisfy(answer -> assertThat(answer.body()).contains("\"value\":\"c2ln\""));

        assertThat(calls()).isEqualTo(1);
        assertThat(QueuedMessages.times(message)).isZero();
    }

    @Test
    void a_hundred_requests_get_the_one_failure_and_leave_one_message_in_the_queue() throws Exception {
        upstreamDoes(Behaviour.Answer.text(502, "down"));

        assertThat(askAtOnce(message))
                .allSatisfy(answer -> assertThat(answer.body()).contains("\"value\":\"down\""));

        assertThat(calls()).isEqualTo(1);
        QueuedMessages.awaitOnce(message);
    }

    @Test
    void a_hundred_requests_for_a_hanging_call_leave_one_message_in_the_queue() throws Exception {
        upstreamDoes(new Behaviour.Hang(Duration.ofSeconds(20)));

        assertThat(askAtOnce(message))
                .allSatisfy(answer -> assertThat(answer.body()).contains("\"last_status_code\":504"));

        assertThat(calls()).isEqualTo(1);
        QueuedMessages.awaitOnce(message);
    }

    @Test
    void a_late_signature_is_kept_and_answered_without_another_call() throws Exception {
        upstreamDoes(new Behaviour.Hang(Duration.ofMillis(2200)));
        assertThat(api.sign(message).body()).contains("\"last_status_code\":504", "\"success\":false");

        await().untilAsserted(() -> assertThat(other.sign(message).body()).contains("\"success\":true"));

        assertThat(calls()).isEqualTo(1);
    }

    @Test
    void a_claim_whose_caller_died_is_overtaken_by_the_next_request_when_it_has_ended() throws Exception {
        claim(Duration.ofMillis(300));
        upstreamDoes(Behaviour.Answer.text(200, "c2ln"));

        assertThat(api.sign(message).body()).contains("\"value\":\"c2ln\"");
    }

    @Test
    void a_claim_that_does_not_end_in_time_is_answered_as_pending_and_the_message_waits_once_however_many_ask()
            throws Exception {
        claim(Duration.ofSeconds(30));

        assertThat(askAtOnce(message))
                .allSatisfy(answer ->
                        assertThat(answer.body()).contains("\"last_status_code\":504", "\"retry_in_seconds\":"));

        assertThat(api.redis().opsForZSet().score("sign:outbox", id.hex())).isNotNull();
        assertThat(QueuedMessages.times(message)).isZero();
        assertThat(calls()).isZero();
    }

    private void claim(Duration life) {
        api.redis().opsForValue().set("sign:{" + id.hex() + "}", "{\"v\":1,\"state\":\"claimed\"}", life);
    }

    /** The answers to a hundred requests, half of them at each API. */
    static List<RawHttp.Response> askAtOnce(String message) throws Exception {
        List<Callable<RawHttp.Response>> requests = new ArrayList<>();
        requests.addAll(Collections.nCopies(50, () -> api.sign(message)));
        requests.addAll(Collections.nCopies(50, () -> other.sign(message)));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<RawHttp.Response> responses = new ArrayList<>();
            for (Future<RawHttp.Response> response : threads.invokeAll(requests)) {
                responses.add(response.get());
            }
            return responses;
        }
    }
}
