package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.simulator.Behaviour.Answer;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.testing.RawHttp;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** With keys, only known clients are let in, each as often as it may. */
@ExtendWith(OutputCaptureExtension.class)
@Timeout(60)
class AccessTest {

    private static final String KEY = "alice-s-key";
    private static final String HASH = "d1bbfadb2caae41b29639308b0f31dc7354e002d17dacee9990f6aa6aba751cf";
    private static final String BUSY_KEY = "bobs-new_key";
    private static final String BUSY_HASH = "ab3ae1939dce755aa5699c70aac392f1a5ec8bafed59220ba8afabb895f8bf6e";
    private static final int BUSY_QUOTA = 3;
    private static final String AUTHORIZED = "Authorization: Bearer " + KEY;

    private static final UpstreamSimulator upstream = TestServers.upstream();
    private static Map<String, String> settings;
    private static RunningApi api;

    private final String message = RunningApi.newMessage();

    @BeforeAll
    static void start(@TempDir Path directory) throws IOException {
        Path keys = Files.writeString(
                directory.resolve("keys"), "alice " + HASH + "\nbob " + BUSY_HASH + " " + BUSY_QUOTA + "\n");
        settings = Map.of(
                "crypto.client.keys-file", keys.toString(),
                "crypto.client.quota.window", "1h",
                "crypto.cors.origins", "https://app.example.com");
        api = RunningApi.on(TestServers.newDatabase(), upstream.baseUrl(), settings);
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X-Nothing: here",
                "Authorization:",
                "Authorization: Bearer",
                "Authorization: Bearer unknown",
                "Authorization: " + KEY,
                "Authorization: Basic " + KEY,
                "Authorization: Bearer " + KEY + " " + KEY,
                "Authorization: Bearer " + KEY + "\r\nAuthorization: Bearer " + KEY,
                "Authorization: Bearer " + HASH,
                "Authorization: Bearer \u00e4\u0000",
                "Authorization: Bearer  " + KEY + "x",
                "Proxy-Authorization: Bearer " + KEY,
            })
    void whoever_shows_no_key_that_is_known_gets_one_and_the_same_answer_and_nothing_else(String header)
            throws Exception {
        long stored = stored();

        RawHttp.Response response = api.get("/crypto/sign?message=" + message, header);

        if (!header.contains("\0")) {
            assertThat(response.status()).isEqualTo(401);
            assertThat(response.header("WWW-Authenticate")).contains("Bearer");
            assertThat(response.header("Content-Type")).contains("application/problem+json");
            assertThat(response.hasHeader("RateLimit")).isFalse();
            assertThat(response.body()).isEqualTo("""
                {"detail":"The header 'Authorization' must be given once, with a client's key: Authorization: Bearer \
                <key>","instance":"/crypto/sign","status":401,"title":"Unauthorized"}\
                """);
        }
        assertThat(response.status()).isIn(400, 401);
        assertThat(upstream.calls()).noneMatch(call -> message.equals(call.message()));
        assertThat(stored()).isEqualTo(stored);
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /crypto/sign",
        "GET, /crypto/sign?message=",
        "GET, /crypto/sign;v=1?message=m",
        "GET, /crypto/../crypto/sign?message=m",
        "GET, //crypto/sign?message=m",
        "GET, //",
        "GET, /",
        "GET, /crypto/other",
        "GET, /actuator/health",
        "GET, /error",
        "HEAD, /crypto/sign?message=m",
        "POST, /crypto/sign",
        "DELETE, /crypto/sign",
        "TRACE, /crypto/sign",
        "OPTIONS, /crypto/sign",
        "PROPFIND, /crypto/sign"
    })
    void whatever_is_asked_for_needs_a_key(String method, String target) throws Exception {
        RawHttp.Response response = send(method, target);

        // The server itself refuses TRACE.
        assertThat(response.status()).isEqualTo("TRACE".equals(method) ? 405 : 401);
        assertThat(response.header("Content-Type").orElse("")).startsWith("application/problem+json");
    }

    @Test
    void health_and_metrics_on_the_port_for_operators_need_none() throws Exception {
        assertThat(api.management("/actuator/health/readiness").status()).isEqualTo(200);
        assertThat(api.management("/actuator/metrics").status()).isEqualTo(200);
    }

    @Test
    void who_is_known_is_answered_by_the_contract_and_told_what_is_left() throws Exception {
        upstream.follow(called -> Optional.of(Answer.text(200, "c2ln")));

        RawHttp.Response first = ask(KEY);
        RawHttp.Response second = ask(KEY);

        assertThat(first.status()).isEqualTo(200);
        assertThat(first.body()).isEqualTo("""
            {"last_status_code":200,"message":"%s","success":true,"value":"c2ln"}\
            """.formatted(message));
        assertThat(first.header("RateLimit-Policy")).contains("\"client\";q=600;w=3600");
        assertThat(left(first) - left(second)).isEqualTo(1);
        assertThat(second.header("RateLimit").orElseThrow()).matches("\"client\";r=\\d+;t=[1-6]");
    }

    @Test
    void a_known_clients_mistakes_are_told_as_ever() throws Exception {
        RawHttp.Response response = api.get("/crypto/sign?message=", AUTHORIZED);

        assertThat(response.status()).isEqualTo(400);
        assertThat(response.body()).contains("The query parameter 'message' is empty.");
        assertThat(api.get("/crypto/other", AUTHORIZED).status()).isEqualTo(404);
    }

    @Test
    void an_answer_that_was_held_counts_once() throws Exception {
        upstream.follow(called -> Optional.of(Answer.text(502, "down")));
        long before = left(ask(KEY));

        RawHttp.Response held = api.get("/crypto/sign?message=" + message, AUTHORIZED, "Prefer: wait=1");

        assertThat(held.status()).isEqualTo(200);
        assertThat(held.header("Preference-Applied")).contains("wait=1");
        assertThat(held.headers().lines().filter(line -> line.startsWith("RateLimit:")))
                .satisfiesExactly(
                        client -> assertThat(client).startsWith("RateLimit: \"client\";"),
                        upstream -> assertThat(upstream).startsWith("RateLimit: \"upstream\";"));
        assertThat(left(held)).isEqualTo(before - 1);
        assertThat(left(ask(KEY))).isEqualTo(before - 2);
    }

    @Test
    void each_message_of_a_batch_counts() throws Exception {
        long before = left(ask(KEY));

        RawHttp.Response response =
                RawHttp.post(api.port(), "/crypto/sign", "{\"messages\":[\"a\",\"b\",\"a\"]}", AUTHORIZED);

        assertThat(response.status()).isEqualTo(200);
        assertThat(left(response)).isEqualTo(before - 3);
        assertThat(response.headers().lines().filter(line -> line.startsWith("RateLimit:")))
                .hasSize(2);
        assertThat(left(ask(KEY))).isEqualTo(before - 4);
    }

    @Test
    void a_batch_for_which_the_quota_is_too_small_is_refused_and_one_for_which_it_never_is_enough_otherwise()
            throws Exception {
        String never = BatchTest.json(java.util.Collections.nCopies(601, message));
        String later = BatchTest.json(java.util.Collections.nCopies(600, message));

        RawHttp.Response tooLarge = RawHttp.post(api.port(), "/crypto/sign", never, AUTHORIZED);
        assertThat(tooLarge.status()).isEqualTo(400);
        assertThat(tooLarge.body()).contains("this key may be used 600 times in a row");
        RawHttp.Response refused = RawHttp.post(api.port(), "/crypto/sign", later, AUTHORIZED);
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.header("Retry-After")).isPresent();
        assertThat(upstream.calls()).noneMatch(call -> message.equals(call.message()));
    }

    @Test
    void who_has_used_its_quota_up_is_told_when_to_come_back_and_others_are_not_concerned() throws Exception {
        for (int i = 1; i <= BUSY_QUOTA; i++) {
            assertThat(left(ask(BUSY_KEY))).isEqualTo(BUSY_QUOTA - i);
        }
        long stored = stored();

        RawHttp.Response refused = api.get("/crypto/sign?message=another", "Authorization: Bearer " + BUSY_KEY);

        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.header("Content-Type")).contains("application/problem+json");
        assertThat(refused.body()).isEqualTo("""
            {"detail":"This key may be used 3 times in a row, and as many times more in each 3600 seconds. Nothing is \
            promised: send it again later.","instance":"/crypto/sign","status":429,"title":"Too Many Requests"}\
            """);
        assertThat(refused.header("RateLimit-Policy")).contains("\"client\";q=3;w=3600");
        long seconds = Long.parseLong(refused.header("Retry-After").orElseThrow());
        assertThat(seconds).isBetween(1100L, 1200L);
        assertThat(refused.header("RateLimit")).contains("\"client\";r=0;t=" + seconds);
        assertThat(upstream.calls()).noneMatch(call -> "another".equals(call.message()));
        assertThat(stored()).isEqualTo(stored);
        assertThat(ask(KEY).status()).isEqualTo(200);
    }

    @Test
    void a_browser_asks_without_a_key_and_a_page_may_read_that_one_is_needed() throws Exception {
        RawHttp.Response asked = send(
                "OPTIONS",
                "/crypto/sign?message=m",
                "Origin: https://app.example.com",
                "Access-Control-Request-Method: GET",
                "Access-Control-Request-Headers: authorization,prefer");
        RawHttp.Response refused = api.get("/crypto/sign?message=m", "Origin: https://app.example.com");

        assertThat(asked.status()).isEqualTo(204);
        assertThat(asked.header("Access-Control-Allow-Headers").orElse("")).contains("Authorization");
        assertThat(refused.status()).isEqualTo(401);
        assertThat(refused.header("Access-Control-Allow-Origin")).contains("https://app.example.com");
    }

    @Test
    void neither_key_nor_hash_is_in_any_line_of_the_log_or_in_an_answer(CapturedOutput output) throws Exception {
        LoggingSystem logging = LoggingSystem.get(getClass().getClassLoader());
        logging.setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.TRACE);
        try {
            for (String header : List.of(AUTHORIZED, AUTHORIZED + "x", "Authorization: " + KEY, "X: y")) {
                RawHttp.Response response = api.get("/crypto/sign?message=" + message, header);
                assertThat(response.headers() + response.body()).doesNotContain(KEY, HASH);
            }
        } finally {
            logging.setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.WARN);
        }

        assertThat(output.getAll()).contains("TRACE", "Http11Processor");
        assertThat(output.getAll().contains(KEY) || output.getAll().contains(HASH))
                .isFalse();
    }

    @Test
    void at_the_start_it_says_that_keys_are_needed_or_who_may_use_it_without(CapturedOutput output) {
        int database = TestServers.newDatabase();
        RunningApi.on(database, upstream.baseUrl(), settings).close();
        assertThat(output.getAll()).contains("Clients need a key; the number of keys is 2");

        RunningApi.on(database, upstream.baseUrl()).close();
        assertThat(output.getAll()).doesNotContain("may use the API");

        RunningApi.on(database, upstream.baseUrl(), Map.of("server.address", "0.0.0.0"))
                .close();
        assertThat(output.getAll())
                .contains("Whoever reaches 0.0.0.0 may use the API, as clients need no key: CRYPTO_CLIENT_KEYS_FILE is"
                        + " not set");
    }

    private RawHttp.Response ask(String key) throws IOException {
        return api.get("/crypto/sign?message=" + message, "Authorization: Bearer " + key);
    }

    private static long left(RawHttp.Response response) {
        return Long.parseLong(response.header("RateLimit").orElseThrow().replaceFirst(".*;r=(\\d+);.*", "$1"));
    }

    private static long stored() {
        return api.redis().keys("*").size();
    }

    private static RawHttp.Response send(String method, String target, String... headers) throws IOException {
        String lines = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), api.port())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream()
                    .write((method + " " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + lines
                                    + "\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            return RawHttp.read(socket);
        }
    }
}
