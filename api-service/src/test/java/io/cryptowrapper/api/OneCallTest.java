package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.simulator.SimulatorSettings;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.testing.RawHttp;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** However many ask for a new message at the same time, at two instances, the upstream is called once. */
class OneCallTest {

    private static final int CROWD = 100;

    private static final int DATABASE = TestServers.newDatabase();

    private static UpstreamSimulator upstream;
    private static RunningApi one;
    private static RunningApi other;

    private final String message = RunningApi.newMessage();

    @BeforeAll
    static void start(@TempDir Path directory) throws Exception {
        upstream = UpstreamSimulator.start(SimulatorSettings.in(directory)
                .withFailingShare(0)
                .withCalls(100_000)
                .withLatency(Duration.ofMillis(50)));
        one = RunningApi.on(DATABASE, upstream.baseUrl());
        other = RunningApi.on(DATABASE, upstream.baseUrl());
        one.sign("warm");
        other.sign("warm");
    }

    @AfterAll
    static void stop() {
        one.close();
        other.close();
        upstream.close();
    }

    @Test
    void a_hundred_requests_get_the_one_signature() throws Exception {
        upstreamDoes(Behaviour.Answer.text(200, "c2ln"));
        long queued = one.queued();

        List<RawHttp.Response> responses = askAtOnce();

        assertThat(responses).allSatisfy(response -> assertThat(response.body()).contains("\"value\":\"c2ln\""));
        assertThat(calls()).isEqualTo(1);
        assertThat(one.queued()).isEqualTo(queued);
    }

    @Test
    void a_hundred_requests_get_the_one_failure_and_leave_one_message_in_the_queue() throws Exception {
        upstreamDoes(Behaviour.Answer.text(502, "down"));
        long queued = one.queued();

        List<RawHttp.Response> responses = askAtOnce();

        assertThat(responses).allSatisfy(response -> assertThat(response.body()).contains("\"value\":\"down\""));
        assertThat(calls()).isEqualTo(1);
        one.awaitQueued(queued + 1);
    }

    @Test
    void a_hundred_requests_for_a_hanging_call_are_answered_in_time_and_leave_one_message_in_the_queue()
            throws Exception {
        upstreamDoes(new Behaviour.Hang(Duration.ofSeconds(20)));
        long queued = one.queued();

        List<RawHttp.Response> responses = askAtOnce();

        assertThat(responses).allSatisfy(response -> assertThat(response.body()).contains("\"last_status_code\":504"));
        assertThat(calls()).isEqualTo(1);
        one.awaitQueued(queued + 1);
    }

    @Test
    void a_late_signature_is_kept_and_answered_without_another_call() throws Exception {
        upstreamDoes(new Behaviour.Hang(Duration.ofMillis(2500)));
        assertThat(one.sign(message).body()).contains("\"last_status_code\":504", "\"success\":false");

        await().untilAsserted(() -> assertThat(other.sign(message).body()).contains("\"success\":true"));

        assertThat(calls()).isEqualTo(1);
    }

    @Test
    void a_claim_whose_caller_died_is_overtaken_by_the_next_request_when_it_has_ended() throws Exception {
        String key = "sign:{" + new Message(message).id().hex() + "}";
        one.redis().opsForValue().set(key, "{\"v\":1,\"state\":\"claimed\"}", Duration.ofMillis(700));
        upstreamDoes(Behaviour.Answer.text(200, "c2ln"));

        assertThat(one.sign(message).body()).contains("\"value\":\"c2ln\"");
    }

    @Test
    void a_claim_that_does_not_end_in_time_is_answered_as_pending_and_the_message_waits_once_however_many_ask()
            throws Exception {
        MessageId id = new Message(message).id();
        one.redis()
                .opsForValue()
                .set("sign:{" + id.hex() + "}", "{\"v\":1,\"state\":\"claimed\"}", Duration.ofSeconds(30));
        long queued = one.queued();

        List<RawHttp.Response> responses = askAtOnce();

        assertThat(responses)
                .allSatisfy(response ->
                        assertThat(response.body()).contains("\"last_status_code\":504", "\"retry_in_seconds\":"));
        assertThat(one.redis().opsForZSet().score("sign:outbox", id.hex())).isNotNull();
        assertThat(one.queued()).isEqualTo(queued);
        assertThat(calls()).isZero();
    }

    private List<RawHttp.Response> askAtOnce() throws Exception {
        List<Callable<RawHttp.Response>> requests = new ArrayList<>();
        for (int i = 0; i < CROWD; i++) {
            RunningApi asked = i % 2 == 0 ? one : other;
            requests.add(() -> {
                long start = System.nanoTime();
                RawHttp.Response response = asked.sign(message);
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
                return response;
            });
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<RawHttp.Response> responses = new ArrayList<>();
            for (Future<RawHttp.Response> response : threads.invokeAll(requests)) {
                responses.add(response.get());
            }
            return responses;
        }
    }

    private void upstreamDoes(Behaviour behaviour) {
        upstream.follow(called -> called.equals(message) ? Optional.of(behaviour) : Optional.empty());
    }

    private long calls() {
        return upstream.calls().stream()
                .filter(call -> call.message().equals(message))
                .count();
    }
}
