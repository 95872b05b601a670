package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.SigningStatus;
import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.testing.RawHttp;
import java.io.IOException;
import java.net.Socket;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.data.redis.connection.RedisConnection;

/** Clients that wait for the signature, and clients that want to know that there is none yet. */
@Timeout(60)
class WaitTest extends SharedApiTest {

    private @Nullable RunningApi started;

    @BeforeEach
    void upstreamIsDown() {
        upstreamDoes(Behaviour.Answer.text(502, "down"));
    }

    @AfterEach
    void closeOwn() {
        if (started != null) {
            started.close();
        }
    }

    @Test
    void who_waits_gets_the_signature_when_it_is_stored() throws Exception {
        try (Socket client = waiting(api)) {
            store(new SigningStatus.Signed(SIGNATURE));

            RawHttp.Response response = RawHttp.read(client);

            assertThat(response.status()).isEqualTo(200);
            assertThat(response.body()).isEqualTo("""
                {"last_status_code":200,"message":"%s","success":true,"value":"c2ln"}\
                """.formatted(message));
            assertThat(response.header("Preference-Applied")).contains("wait=30");
            assertThat(response.header("Retry-After")).isEmpty();
        }
    }

    @Test
    void all_who_wait_get_it_at_whichever_instance() throws Exception {
        List<Socket> clients = new ArrayList<>();
        for (RunningApi asked : List.of(api, other)) {
            for (int i = 0; i < 20; i++) {
                clients.add(RawHttp.open(asked.port(), target(), "Prefer: wait=30"));
            }
        }
        await().until(() -> held(api) == 20 && held(other) == 20);

        store(new SigningStatus.Signed(SIGNATURE));

        for (Socket client : clients) {
            assertThat(RawHttp.read(client).body()).contains("\"value\":\"c2ln\"");
            client.close();
        }
        assertThat(held(api)).isZero();
    }

    @Test
    void a_rejection_ends_the_waiting_too() throws Exception {
        try (Socket client = waiting(api)) {
            store(new SigningStatus.Rejected(new Failure(422, "not this one")));

            assertThat(RawHttp.read(client).body())
                    .contains("\"last_status_code\":422")
                    .doesNotContain("retry_in");
        }
    }

    @Test
    void another_failed_attempt_does_not() throws Exception {
        try (Socket client = waiting(api)) {
            SigningStatus status = api.part(SignatureStore.class)
                    .find(new Message(message).id())
                    .orElseThrow();
            var first = (SigningStatus.Pending) status;
            store(new SigningStatus.Pending(first.message(), new Failure(503, "again"), 2, first.acceptedAt()));
            store(new SigningStatus.Signed(SIGNATURE));

            assertThat(RawHttp.read(client).body()).contains("\"success\":true");
        }
    }

    @Test
    void who_has_waited_long_enough_is_told_how_it_stands_then() throws Exception {
        long start = System.nanoTime();

        RawHttp.Response response = ask(api, "wait=1");

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body()).contains("\"last_status_code\":502", "\"retry_in_seconds\":");
        assertThat(response.header("Retry-After")).isPresent();
        assertThat(response.header("Preference-Applied")).contains("wait=1");
    }

    @Test
    void nobody_waits_longer_than_the_limit() throws Exception {
        RunningApi own = start(Map.of("crypto.waiting.limit", "1s"));

        assertThat(ask(own, "wait=600").header("Preference-Applied")).contains("wait=1");
    }

    @Test
    void what_is_known_already_is_answered_at_once() throws Exception {
        ask(api, "wait=0");
        store(new SigningStatus.Signed(SIGNATURE));

        RawHttp.Response response = ask(api, "respond-async, wait=30");

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.header("Preference-Applied")).contains("wait=30");
        assertThat(response.header("Location")).isEmpty();
    }

    @Test
    void who_finds_no_place_to_wait_is_answered_at_once_and_not_told_that_it_waited() throws Exception {
        RunningApi own = start(Map.of("crypto.waiting.max-at-once", "1"));
        try (Socket client = waiting(own)) {
            RawHttp.Response response = ask(own, "wait=30");

            assertThat(response.body()).contains("\"success\":false");
            assertThat(response.header("Preference-Applied")).isEmpty();
            store(new SigningStatus.Signed(SIGNATURE));
            assertThat(RawHttp.read(client).body()).contains("\"success\":true");
        }
        await().until(() -> held(own) == 0);
        assertThat(ask(own, "wait=1").header("Preference-Applied")).isPresent();
    }

    @Test
    void who_waits_takes_no_place_of_those_who_do_not_and_is_not_refused_in_the_end() throws Exception {
        RunningApi own = start(Map.of("crypto.requests.max-at-once", "1"));
        try (Socket client = waiting(own)) {
            assertThat(own.sign(message).status()).isEqualTo(200);
            upstreamDoes(new Behaviour.Hang(Duration.ofSeconds(20)));
            String hanging = RunningApi.newMessage();
            try (Socket _ = RawHttp.open(own.port(), "/crypto/sign?message=" + hanging)) {
                await().until(() -> calls(hanging) == 1);
                assertThat(own.sign(message).status()).isEqualTo(503);

                store(new SigningStatus.Signed(SIGNATURE));

                assertThat(RawHttp.read(client).body()).contains("\"success\":true");
            }
        }
    }

    @Test
    void news_that_comes_while_redis_cannot_be_reached_is_not_missed() throws Exception {
        try (Socket client = waiting(api)) {
            api.toRedis().cut();
            store(new SigningStatus.Signed(SIGNATURE));
            api.toRedis().open();

            assertThat(RawHttp.read(client).body()).contains("\"success\":true");
        }
    }

    @Test
    void news_that_comes_while_redis_is_silent_is_not_missed() throws Exception {
        try (Socket client = waiting(api)) {
            api.toRedis().silence();
            store(new SigningStatus.Signed(SIGNATURE));
            api.toRedis().open();

            assertThat(RawHttp.read(client).body()).contains("\"success\":true");
        }
    }

    @Test
    void a_stop_lets_nobody_wait() throws Exception {
        RunningApi own = start(Map.of());
        try (Socket client = waiting(own)) {
            own.close();

            assertThat(RawHttp.read(client).body()).contains("\"retry_in_seconds\":");
        }
    }

    @Test
    void those_who_wait_ask_redis_nothing() throws Exception {
        List<Socket> clients = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            // Of ten messages, so that the upstream is called for few.
            clients.add(RawHttp.open(api.port(), target() + i % 10, "Prefer: wait=30"));
        }
        await().until(() -> held(api) == 200);
        // Their own look at whether it was signed meanwhile.
        await().during(Duration.ofMillis(300)).until(() -> true);
        long before = reads();
        await().during(Duration.ofSeconds(1)).until(() -> held(api) == 200);

        assertThat(reads() - before).isLessThan(20);
        for (int i = 0; i < 10; i++) {
            store(message + i, new SigningStatus.Signed(SIGNATURE));
        }
        for (Socket client : clients) {
            assertThat(RawHttp.read(client).body()).contains("\"success\":true");
            client.close();
        }
    }

    @Test
    void who_prefers_so_is_told_by_the_status_that_there_is_no_signature_yet() throws Exception {
        String text = message + " + ü/?&=%";
        String target = "/crypto/sign?message=" + URLEncoder.encode(text, StandardCharsets.UTF_8);

        RawHttp.Response response = api.get(target, "Prefer: respond-async");

        assertThat(response.status()).isEqualTo(202);
        assertThat(response.body()).contains("\"last_status_code\":502", "\"retry_in_seconds\":");
        assertThat(response.header("Retry-After")).isPresent();
        assertThat(response.header("Preference-Applied")).contains("respond-async");
        String location = response.header("Location").orElseThrow();
        assertThat(location).startsWith("/crypto/sign?message=");
        assertThat(URLDecoder.decode(location.substring(location.indexOf('=') + 1), StandardCharsets.UTF_8))
                .isEqualTo(text);
        assertThat(api.get(location).body()).contains("\"last_status_code\":502");
    }

    @Test
    void an_address_that_clients_would_not_take_is_left_out() throws Exception {
        String text = "x".repeat(7900);
        String target = "/crypto/sign?message=" + text;

        assertThat(api.get(target, "Prefer: respond-async").header("Location")).contains(target);
        RawHttp.Response longer = api.get(target + "x".repeat(200), "Prefer: respond-async");

        assertThat(longer.status()).isEqualTo(202);
        assertThat(longer.header("Location")).isEmpty();
    }

    @Test
    void who_waits_and_wants_to_know_is_told_so_after_the_wait() throws Exception {
        RawHttp.Response response = ask(api, "respond-async, wait=1");

        assertThat(response.status()).isEqualTo(202);
        assertThat(response.header("Preference-Applied")).contains("respond-async, wait=1");
    }

    @Test
    void a_rejected_message_is_final_whatever_is_preferred() throws Exception {
        ask(api, "wait=0");
        store(new SigningStatus.Rejected(new Failure(422, "not this one")));

        assertThat(ask(api, "respond-async").status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"wait", "wait=soon", "wait=-1", "respond-async=1", "wait=\"", "=="})
    void a_preference_that_cannot_be_read_is_refused_and_touches_nothing(String prefer) throws Exception {
        RawHttp.Response response = ask(api, prefer);

        assertThat(response.status()).isEqualTo(400);
        assertThat(response.header("Content-Type")).contains("application/problem+json");
        assertThat(response.body()).contains("'Prefer'");
        assertThat(api.part(SignatureStore.class).find(new Message(message).id()))
                .isEmpty();
    }

    /** An API of its own for a test, closed with its end. */
    private RunningApi start(Map<String, String> settings) {
        RunningApi api = RunningApi.on(DATABASE, upstream.baseUrl(), settings);
        started = api;
        return api;
    }

    /** A client whose answer is held. */
    private Socket waiting(RunningApi asked) throws IOException {
        return waiting(asked, target());
    }

    private static Socket waiting(RunningApi asked, String target) throws IOException {
        int before = held(asked);
        Socket client = RawHttp.open(asked.port(), target, "Prefer: wait=30");
        await().until(() -> held(asked) > before);
        return client;
    }

    private RawHttp.Response ask(RunningApi asked, String prefer) throws IOException {
        return asked.get(target(), "Prefer: " + prefer);
    }

    private static int held(RunningApi asked) {
        return asked.part(Watches.class).count();
    }

    private static long reads() {
        Properties stats = Objects.requireNonNull(other.redis()
                .execute((RedisConnection redis) -> redis.serverCommands().info("commandstats")));
        return stats.stringPropertyNames().stream()
                .filter(name -> name.matches("cmdstat_(get|mget|evalsha|eval)"))
                .mapToLong(name -> Long.parseLong(stats.getProperty(name).replaceAll("calls=(\\d+),.*", "$1")))
                .sum();
    }
}
