package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.Signature;
import io.cryptowrapper.signing.SigningStatus;
import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.testing.RawHttp;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Many messages in one request, each taken as if it had come alone. */
@Timeout(60)
class BatchTest {

    private static final Duration PROMISED = Duration.ofSeconds(2);
    private static final Signature SIGNATURE = new Signature("c2ln");

    private static UpstreamSimulator upstream;
    private static RunningApi api;

    private final String prefix = "b-" + UUID.randomUUID() + "-";

    @BeforeAll
    static void start(@TempDir Path directory) throws Exception {
        upstream = TestServers.quickUpstream(directory);
        api = RunningApi.on(TestServers.newDatabase(), upstream.baseUrl());
        api.sign("warm");
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

    @AfterAll
    static void stop() {
        api.close();
        upstream.close();
    }

    @Test
    void each_message_is_answered_in_its_place_as_if_it_had_come_alone() throws Exception {
        upstream.follow(called -> Optional.of(
                called.endsWith("bad")
                        ? Behaviour.Answer.text(422, "not this one")
                        : called.endsWith("down")
                                ? Behaviour.Answer.text(502, "down")
                                : Behaviour.Answer.text(200, "c2ln")));
        String known = api.sign(prefix + "known").body();
        long queued = api.queued();

        RawHttp.Response response = post(List.of(
                prefix + "down",
                prefix + "known",
                prefix + "bad",
                prefix + "new",
                prefix + "down",
                prefix + "\u00e4\""));

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.header("Content-Type")).contains("application/json");
        assertThat(response.header("Cache-Control")).contains("no-store");
        String seconds = response.header("Retry-After").orElseThrow();
        String down = """
            {"last_status_code":502,"message":"%sdown","retry_in_seconds":%s,"success":false,"value":"down"}\
            """.formatted(prefix, seconds);
        assertThat(response.body())
                .isEqualTo("[" + down + "," + known + """
                    ,{"last_status_code":422,"message":"%1$sbad","success":false,"value":"not this one"}\
                    ,{"last_status_code":200,"message":"%1$snew","success":true,"value":"c2ln"},\
                    """.formatted(prefix) + down + """
                        ,{"last_status_code":200,"message":"%s\u00e4\\"","success":true,"value":"c2ln"}]\
                        """.formatted(prefix));
        assertThat(calls()).isEqualTo(5);
        api.awaitQueued(queued + 1);
    }

    @Test
    void a_thousand_known_messages_are_answered_in_time_and_cost_no_call() throws Exception {
        List<String> messages = messages(1000);
        for (String message : messages) {
            api.part(SignatureStore.class).record(new Message(message).id(), new SigningStatus.Signed(SIGNATURE));
        }

        RawHttp.Response response = postInTime(messages);

        assertThat(told(response.body())).isEqualTo(messages);
        assertThat(response.body()).doesNotContain("\"success\":false");
        assertThat(response.header("Retry-After")).isEmpty();
        assertThat(calls()).isZero();
    }

    @Test
    void a_thousand_new_messages_are_accepted_in_time_while_the_budget_is_used_up() throws Exception {
        try (RunningApi own = withSmallBudget()) {
            long queued = own.queued();
            List<String> messages = messages(1000);

            RawHttp.Response response = postInTime(own, messages);

            assertThat(response.status()).isEqualTo(200);
            assertThat(told(response.body())).isEqualTo(messages);
            assertThat(response.body()).doesNotContain("\"status\":503").contains("its quota is used up");
            assertThat(calls()).isZero();
            await().untilAsserted(() -> assertThat(
                            own.queued() + own.redis().opsForZSet().zCard("sign:outbox"))
                    .isGreaterThanOrEqualTo(queued + 991));
        }
    }

    @Test
    void an_upstream_that_hangs_makes_no_batch_late() throws Exception {
        upstream.follow(called -> Optional.of(new Behaviour.Hang(Duration.ofSeconds(20))));
        // A rehearsal: a process that has just started cannot queue dozens together in what is left of two seconds.
        post(messages(100).stream().map(message -> "rehearsal " + message).toList());

        RawHttp.Response response = postInTime(messages(100));

        assertThat(response.status()).isEqualTo(200);
        assertThat(told(response.body())).isEqualTo(messages(100));
        assertThat(response.body()).doesNotContain("\"status\":503").contains("\"last_status_code\":504");
    }

    @Test
    void when_redis_is_slow_a_large_batch_is_accepted_in_time_all_the_same() throws Exception {
        try (RunningApi own = withSmallBudget()) {
            own.toRedis().slow(Duration.ofMillis(100));

            RawHttp.Response response = postInTime(own, messages(1000));

            assertThat(response.status()).isEqualTo(200);
            assertThat(response.body()).doesNotContain("\"status\":503");
        }
    }

    @Test
    void without_redis_new_messages_are_queued_and_not_called() throws Exception {
        long queued = api.queued();
        api.toRedis().cut();

        RawHttp.Response response = postInTime(messages(3));

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body()).contains("\"last_status_code\":429").doesNotContain("\"status\":503");
        assertThat(calls()).isZero();
        api.awaitQueued(queued + 3);
    }

    @Test
    void without_rabbitmq_they_are_kept_in_the_outbox() throws Exception {
        upstream.follow(called -> Optional.of(Behaviour.Answer.text(502, "down")));
        api.toBroker().silence();

        RawHttp.Response response = postInTime(messages(20));

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body()).doesNotContain("\"status\":503");
        for (String message : messages(20)) {
            assertThat(api.redis()
                            .opsForZSet()
                            .score("sign:outbox", new Message(message).id().hex()))
                    .isNotNull();
        }
    }

    @Test
    void without_both_nothing_is_accepted_but_what_is_remembered_is_answered() throws Exception {
        String known = api.sign(prefix + "known").body();
        api.toRedis().cut();
        api.toBroker().cut();

        RawHttp.Response response = postInTime(messages(20));
        assertThat(response.status()).isEqualTo(503);
        assertThat(response.header("Content-Type")).contains("application/problem+json");
        assertThat(response.header("Retry-After")).contains("5");

        RawHttp.Response some = postInTime(List.of(prefix + "known", prefix + "new"));
        assertThat(some.status()).isEqualTo(200);
        assertThat(some.header("Retry-After")).contains("5");
        assertThat(some.body()).isEqualTo("[" + known + """
            ,{"detail":"The message could be neither stored nor queued in time. Nothing is promised: send it again\
             later.","message":"%snew","status":503,"title":"Service Unavailable"}]\
            """.formatted(prefix));
    }

    @Test
    void a_malformed_batch_touches_nothing() throws Exception {
        RawHttp.Response response =
                RawHttp.post(api.port(), "/crypto/sign", "{\"messages\":[\"" + prefix + "a\",\"" + prefix + "b\",7]}");

        assertThat(response.status()).isEqualTo(400);
        assertThat(response.body()).isEqualTo("""
            {"detail":"messages[2] is not a string.","instance":"/crypto/sign","status":400,"title":"Bad Request"}\
            """);
        assertThat(response.header("Content-Type")).contains("application/problem+json");
        assertThat(calls()).isZero();
        assertThat(api.part(SignatureStore.class).find(new Message(prefix + "a").id()))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "Content-Type: text/plain, 415",
        "Content-Type: application/x-www-form-urlencoded, 415",
        "Content-Type: application/problem+json, 415",
        "Content-Type: nothing, 415",
        "X-Nothing: here, 415",
        "Content-Encoding: gzip, 415",
        "Prefer: wait=x, 400",
        "Content-Length: 4194305, 413",
    })
    void what_cannot_be_a_batch_is_refused_by_its_headers(String header, int status) throws Exception {
        boolean json = !header.startsWith("Content-Type") && !header.startsWith("X-");
        try (Socket client = RawHttp.send(
                "POST",
                api.port(),
                "/crypto/sign",
                header,
                json ? "Content-Type: application/json" : "X-Other: here",
                header.startsWith("Content-Length") ? "X-Length: given" : "Content-Length: 0")) {
            RawHttp.Response response = RawHttp.read(client);

            assertThat(response.status()).isEqualTo(status);
            assertThat(response.header("Content-Type")).contains("application/problem+json");
        }
    }

    @Test
    void a_body_of_unknown_length_is_read_no_further_than_it_may_be_long() throws Exception {
        try (RunningApi own =
                RunningApi.on(TestServers.newDatabase(), upstream.baseUrl(), Map.of("crypto.batch.max-size", "16KB"))) {
            try (Socket client = RawHttp.send(
                    "POST",
                    own.port(),
                    "/crypto/sign",
                    "Content-Type: application/json",
                    "Transfer-Encoding: chunked")) {
                client.getOutputStream()
                        .write(("5000\r\n" + " ".repeat(0x5000) + "\r\n0\r\n\r\n").getBytes(StandardCharsets.US_ASCII));

                assertThat(RawHttp.read(client).status()).isEqualTo(413);
            }
            assertThat(post(own, List.of("a".repeat(8192), "b")).status()).isEqualTo(200);
        }
    }

    @Test
    void beyond_so_many_at_once_batches_are_refused_and_single_messages_are_not() throws Exception {
        try (RunningApi own =
                RunningApi.on(TestServers.newDatabase(), upstream.baseUrl(), Map.of("crypto.batch.max-at-once", "1"))) {
            upstream.follow(called -> Optional.of(new Behaviour.Hang(Duration.ofSeconds(20))));
            try (Socket client = RawHttp.openPost(own.port(), "/crypto/sign", json(messages(2)))) {
                await().until(() -> calls() == 2);

                RawHttp.Response refused = post(own, messages(3));

                assertThat(refused.status()).isEqualTo(503);
                assertThat(refused.header("Retry-After")).contains("2");
                assertThat(refused.body()).contains("CRYPTO_BATCH_MAX_AT_ONCE");
                upstream.follow(called -> Optional.empty());
                assertThat(own.sign(prefix + "single").status()).isEqualTo(200);
                assertThat(RawHttp.read(client).status()).isEqualTo(200);
            }
            assertThat(post(own, messages(3)).status()).isEqualTo(200);
        }
    }

    @Test
    void a_body_that_comes_slowly_takes_no_place_of_others() throws Exception {
        try (RunningApi own = RunningApi.on(
                TestServers.newDatabase(),
                upstream.baseUrl(),
                // One less than there are slow ones.
                Map.of("crypto.batch.max-at-once", "1", "crypto.requests.max-at-once", "39"))) {
            List<Socket> slow = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                Socket client = RawHttp.send(
                        "POST", own.port(), "/crypto/sign", "Content-Type: application/json", "Content-Length: 100");
                client.getOutputStream().write('{');
                slow.add(client);
                if (i % 10 == 9) {
                    // While all of them begin at the same time, the last one would be one too many.
                    await().until(() -> own.sign(prefix + "single").status() == 200);
                }
            }

            await().untilAsserted(
                            () -> assertThat(post(own, messages(2)).status()).isEqualTo(200));
            assertThat(own.sign(prefix + "single").status()).isEqualTo(200);

            for (Socket client : slow) {
                assertThat(told(client)).isIn("408", "closed");
                client.close();
            }
        }
    }

    /** Who is silent for too long is not always told so before the connection ends. */
    private static String told(Socket client) {
        try {
            return Integer.toString(RawHttp.read(client).status());
        } catch (IOException e) {
            return "closed";
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        Content-Length: 17         | {"messages":["a"
        Content-Length: 17         | ''
        Transfer-Encoding: chunked | 10\\r\\n{"messages":["a"\\r\\n
        Transfer-Encoding: chunked | 10\\r\\n{"mess
        Transfer-Encoding: chunked | 1x\\r\\n{"messages":["a"]}\\r\\n0\\r\\n\\r\\n
        """)
    void a_body_that_breaks_off_is_said_to_be(String header, String body) throws Exception {
        Queue<String> answers = new ConcurrentLinkedQueue<>();
        byte[] sent = body.translateEscapes().getBytes(StandardCharsets.UTF_8);

        // Many at once: some have broken off before the request is held, others after.
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 16; i++) {
                var _ = clients.submit(() -> {
                    for (int k = 0; k < 25; k++) {
                        try (Socket client = RawHttp.send(
                                "POST", api.port(), "/crypto/sign", "Content-Type: application/json", header)) {
                            client.getOutputStream().write(sent);
                            client.shutdownOutput();
                            RawHttp.Response answer = RawHttp.read(client);
                            answers.add(answer.status() + " " + answer.body());
                        }
                    }
                    return null;
                });
            }
        }

        assertThat(answers)
                .hasSize(16 * 25)
                .allSatisfy(answer -> assertThat(answer)
                        .startsWith("400 ")
                        .contains("The body ended before it was complete, or its chunks are malformed."));
    }

    @Test
    void a_client_that_goes_away_in_the_middle_of_its_body_leaves_nothing_behind() throws Exception {
        try (RunningApi own =
                RunningApi.on(TestServers.newDatabase(), upstream.baseUrl(), Map.of("crypto.batch.max-at-once", "1"))) {
            for (int i = 0; i < 50; i++) {
                try (Socket client = RawHttp.send(
                        "POST",
                        own.port(),
                        "/crypto/sign",
                        "Content-Type: application/json",
                        "Content-Length: 3000000")) {
                    client.getOutputStream().write(new byte[1_000_000]);
                }
            }

            await().untilAsserted(() ->
                    assertThat(post(own, List.of("x".repeat(8000))).status()).isEqualTo(200));
        }
    }

    static String json(List<String> messages) {
        return messages.stream()
                .map(message -> "\"" + message.replace("\"", "\\\"") + "\"")
                .collect(Collectors.joining(",", "{\"messages\":[", "]}"));
    }

    private List<String> messages(int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + i).toList();
    }

    /** The messages of an answer, in order. */
    private static List<String> told(String body) {
        Matcher message = Pattern.compile("\"message\":\"([^\"]*)\"").matcher(body);
        return message.results().map(found -> found.group(1)).toList();
    }

    private static RawHttp.Response post(List<String> messages) throws IOException {
        return post(api, messages);
    }

    private static RawHttp.Response post(RunningApi asked, List<String> messages) throws IOException {
        return RawHttp.post(asked.port(), "/crypto/sign", json(messages));
    }

    /** An API that has taken a large batch before: it is cold else. */
    private RunningApi withSmallBudget() throws IOException {
        RunningApi own =
                RunningApi.on(TestServers.newDatabase(), upstream.baseUrl(), Map.of("crypto.api.quota.calls", "10"));
        own.sign(RunningApi.newMessage());
        post(own, messages(1000).stream().map(message -> "warm " + message).toList());
        return own;
    }

    private static RawHttp.Response postInTime(List<String> messages) throws IOException {
        return postInTime(api, messages);
    }

    private static RawHttp.Response postInTime(RunningApi asked, List<String> messages) throws IOException {
        long start = System.nanoTime();
        RawHttp.Response response = post(asked, messages);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(PROMISED);
        return response;
    }

    private long calls() {
        return upstream.calls().stream()
                .filter(call -> call.message().startsWith(prefix))
                .count();
    }
}
