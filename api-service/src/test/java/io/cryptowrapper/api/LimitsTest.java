package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.results.Backlog;
import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.simulator.Behaviour.Answer;
import io.cryptowrapper.simulator.Call;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.testing.RawHttp;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/**
 * What is bounded: the messages that wait, the requests at once, what is told of a message; and what shows without
 * workers.
 */
@ExtendWith(OutputCaptureExtension.class)
class LimitsTest {

    private static final int PENDING = 3;
    private static final int AT_ONCE = 2;

    private static final UpstreamSimulator upstream = TestServers.upstream();
    private static RunningApi api;

    @BeforeAll
    static void start() {
        api = RunningApi.on(
                TestServers.newDatabase(),
                upstream.baseUrl(),
                Map.of(
                        "crypto.retry.max-pending",
                        Integer.toString(PENDING),
                        "crypto.requests.max-at-once",
                        Integer.toString(AT_ONCE)));
    }

    @BeforeEach
    void allIsWell() {
        upstream.follow(called -> Optional.empty());
        api.toBroker().open();
        api.toRedis().open();
        // Counted anew, nothing waits.
        await().ignoreExceptions().until(() -> {
            api.redis().delete("sign:line");
            api.part(Backlog.class).report(0);
            return api.part(Room.class).isEmpty();
        });
        awaitSigned();
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    @Test
    void when_as_many_messages_wait_as_may_new_ones_are_refused_and_known_ones_answered() throws Exception {
        String signed = RunningApi.newMessage();
        api.sign(signed);
        upstream.follow(called -> Optional.of(Answer.text(502, "down")));
        List<String> waiting = new ArrayList<>();
        for (int i = 0; i < PENDING; i++) {
            waiting.add(RunningApi.newMessage());
            assertThat(api.sign(waiting.get(i)).status()).isEqualTo(200);
        }
        String refused = RunningApi.newMessage();

        RawHttp.Response response = api.sign(refused);

        assertThat(response.status()).isEqualTo(503);
        assertThat(response.header("Content-Type")).contains("application/problem+json");
        assertThat(response.header("Retry-After")).contains("6");
        assertThat(response.body()).contains("As many messages wait as may (CRYPTO_RETRY_MAX_PENDING).");
        assertThat(upstream.calls()).extracting(Call::message).doesNotContain(refused);
        assertThat(api.sign(signed).body()).contains("\"success\":true");
        assertThat(api.sign(waiting.getFirst()).status()).isEqualTo(200);

        // A worker counts fewer.
        await().until(() -> {
            api.part(Backlog.class).report(PENDING - 1);
            return api.sign(refused).status() == 200;
        });
        assertThat(api.sign(RunningApi.newMessage()).status()).isEqualTo(503);
    }

    @Test
    void while_redis_is_away_those_that_are_queued_count_and_no_others() throws Exception {
        api.toRedis().cut();
        api.toBroker().cut();
        for (int i = 0; i < PENDING; i++) {
            assertThat(api.sign(RunningApi.newMessage()).body()).contains("neither stored nor queued");
        }
        api.toBroker().open();
        await().until(() -> api.sign("the broker is back " + PENDING).status() == 200);
        assertRoomFor(PENDING - 1);

        api.toRedis().open();
        awaitSigned();
        api.toRedis().cut();
        assertThat(api.sign(RunningApi.newMessage()).status()).isEqualTo(200);
    }

    @Test
    void while_redis_is_full_those_that_are_queued_count() throws Exception {
        api.letRedisUse("1");
        try {
            assertRoomFor(PENDING);
        } finally {
            api.letRedisUse("0");
        }
    }

    @Test
    void while_the_limit_of_requests_is_reached_others_are_refused() throws Exception {
        upstream.follow(called -> Optional.of(new Behaviour.Hang(Duration.ofSeconds(20))));
        String start = RunningApi.newMessage();
        List<Socket> inside = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
            inside.add(RawHttp.open(api.port(), "/crypto/sign?message=" + start + "-" + i));
        }
        await().until(() -> upstream.calls().stream()
                        .filter(call -> call.message().startsWith(start))
                        .count()
                == AT_ONCE);

        RawHttp.Response response = api.sign(RunningApi.newMessage());

        assertThat(response.status()).isEqualTo(503);
        assertThat(response.header("Content-Type").orElse("")).startsWith("application/problem+json");
        assertThat(response.header("Retry-After")).contains("2");
        for (Socket socket : inside) {
            assertThat(RawHttp.read(socket).status()).isEqualTo(200);
            socket.close();
        }
    }

    @Test
    void without_a_worker_estimates_grow_and_health_shows_it() throws Exception {
        upstream.follow(called -> Optional.of(Answer.text(502, "down")));
        String message = RunningApi.newMessage();
        api.sign(message);
        assertThat(seconds(message)).isLessThanOrEqualTo(600);
        assertThat(api.management("/actuator/health").body()).contains("\"workers\":{\"status\":\"UP\"}");

        // For the API, it is the first report that it sees.
        api.redis().delete("sign:backlog");
        await().until(() -> api.part(Workers.class).areAbsent());
        api.redis().opsForValue().set("sign:backlog", "1 " + (System.currentTimeMillis() - 100_000));

        await().until(() -> seconds(message) > 690);
        RawHttp.Response health = api.management("/actuator/health");
        assertThat(health.status()).isEqualTo(503);
        assertThat(health.body()).contains("\"workers\":{\"status\":\"DOWN\"}");
        assertThat(api.management("/actuator/health/readiness").status()).isEqualTo(200);
    }

    @Test
    void a_messages_text_is_in_no_key_no_log_line_and_no_metric(CapturedOutput output) throws Exception {
        upstream.follow(called -> Optional.of(Answer.text(502, "down")));
        String message = "kept-to-itself-" + RunningApi.newMessage();
        api.sign(message);
        api.sign(message);
        api.get("/crypto/sign?message=" + message + "&message=" + message);
        api.toBroker().cut();
        api.toRedis().cut();
        api.sign("kept-to-itself-too");
        allIsWell();

        assertThat(api.redis().keys("*")).isNotEmpty().noneMatch(key -> key.contains("kept-to-itself"));
        assertThat(output.getAll()).doesNotContain("kept-to-itself");
        assertThat(api.management("/actuator/metrics/http.server.requests").body())
                .doesNotContain("kept-to-itself");
    }

    /** So many new messages are accepted and no more, and those that are can be asked for. */
    private static void assertRoomFor(int messages) throws Exception {
        List<String> waiting = new ArrayList<>();
        for (int i = 0; i < messages; i++) {
            waiting.add(RunningApi.newMessage());
            assertThat(api.sign(waiting.getLast()).status()).isEqualTo(200);
        }

        RawHttp.Response response = api.sign(RunningApi.newMessage());

        assertThat(response.status()).isEqualTo(503);
        assertThat(response.body()).contains("(CRYPTO_RETRY_MAX_PENDING)");
        assertThat(api.sign(waiting.getFirst()).status()).isEqualTo(200);
    }

    /** Waits until a new message is signed, for which Redis must be there, and room. */
    private static void awaitSigned() {
        await().ignoreExceptions().until(() -> {
            if (api.sign(RunningApi.newMessage()).body().contains("\"success\":true")) {
                return true;
            }
            api.redis().delete("sign:line");
            api.part(Backlog.class).report(0);
            return false;
        });
    }

    private static long seconds(String message) throws Exception {
        return Long.parseLong(api.sign(message).header("Retry-After").orElseThrow());
    }
}
