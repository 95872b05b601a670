package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.simulator.Behaviour.Answer;
import io.cryptowrapper.testing.RawHttp;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients depend on, to the letter. */
class ContractTest extends SharedApiTest {

    @Test
    void a_signed_message_is_answered_so() throws Exception {
        upstreamDoes(Answer.text(200, "c2ln+/=="));

        RawHttp.Response response = api.sign(message);

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("""
            {"last_status_code":200,"message":"%s","success":true,"value":"c2ln+/=="}\
            """.formatted(message));
        assertThat(response.header("Content-Type")).contains("application/json");
        assertThat(response.header("Retry-After")).isEmpty();
    }

    @Test
    void a_message_that_waits_is_answered_so_and_is_in_the_queue() throws Exception {
        upstreamDoes(Answer.text(502, "Error 502: \"down\"\n"));

        RawHttp.Response response = api.sign(message);

        assertThat(response.status()).isEqualTo(200);
        String seconds = response.header("Retry-After").orElseThrow();
        assertThat(response.body()).isEqualTo("""
            {"last_status_code":502,"message":"%s","retry_in_seconds":%s,"success":false,\
            "value":"Error 502: \\"down\\"\\n"}\
            """.formatted(message, seconds));
        assertThat(Integer.parseInt(seconds)).isPositive();
        QueuedMessages.awaitOnce(message);
    }

    @Test
    void what_is_known_is_answered_without_another_call() throws Exception {
        upstreamDoes(Answer.text(200, "once"));
        String first = api.sign(message).body();
        upstreamDoes(Answer.text(200, "twice"));

        assertThat(api.sign(message).body()).isEqualTo(first);
        assertThat(calls()).isEqualTo(1);
    }

    @Test
    void a_message_that_waits_is_neither_called_nor_queued_again() throws Exception {
        upstreamDoes(Answer.text(502, "down"));
        api.sign(message);
        QueuedMessages.awaitOnce(message);

        RawHttp.Response again = api.sign(message);

        assertThat(again.body()).contains("\"last_status_code\":502", "\"success\":false");
        assertThat(calls()).isEqualTo(1);
        assertThat(QueuedMessages.times(message)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 413, 414, 422})
    void a_message_that_the_upstream_rejects_has_no_next_try_and_is_remembered_and_not_queued(int status)
            throws Exception {
        upstreamDoes(Answer.text(status, "not this one"));

        for (int i = 0; i < 2; i++) {
            RawHttp.Response response = api.sign(message);
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.body()).isEqualTo("""
                {"last_status_code":%d,"message":"%s","success":false,"value":"not this one"}\
                """.formatted(status, message));
            assertThat(response.header("Retry-After")).isEmpty();
        }
        assertThat(calls()).isEqualTo(1);
        assertThat(QueuedMessages.times(message)).isZero();
    }

    @ParameterizedTest
    @CsvSource({"500, oops", "503, busy", "404, nothing here", "429, too often", "302, elsewhere"})
    void every_other_error_of_the_upstream_is_told_as_it_is_and_tried_again(int status, String body) throws Exception {
        upstreamDoes(Answer.text(status, body));

        assertThat(api.sign(message).body())
                .startsWith("{\"last_status_code\":" + status + ",")
                .contains("\"retry_in_seconds\":")
                .endsWith("\"success\":false,\"value\":\"" + body + "\"}");
    }

    @Test
    void where_the_upstream_gives_no_status_the_value_says_so_in_words() throws Exception {
        upstreamDoes(new Behaviour.Reset());

        assertThat(api.sign(message).body())
                .startsWith("{\"last_status_code\":502,")
                .contains("\"value\":\"The connection to the upstream failed: it ended before the answer was"
                        + " complete.\"");
    }

    @Test
    void a_200_that_is_no_signature_is_not_taken_for_one() throws Exception {
        upstreamDoes(new Answer(200, Map.of("Content-Type", "text/html"), "<html>Sign in</html>"));
        assertThat(api.sign(message).body())
                .startsWith("{\"last_status_code\":200,")
                .contains("\"success\":false", "its body is a web page: no signature.");

        upstreamDoes(Answer.empty());
        assertThat(api.sign(RunningApi.newMessage()).body())
                .contains("\"success\":false", "its body is empty: no signature.");

        upstreamDoes(Answer.text(200, "x".repeat(1024 * 1024)));
        assertThat(api.sign(RunningApi.newMessage()).body())
                .contains("\"success\":false", "its body is longer than 16384 bytes: no signature.");
    }

    @Test
    void the_key_is_in_no_answer_even_if_the_upstream_tells_it() throws Exception {
        upstreamDoes(Answer.text(500, "what is " + RunningApi.KEY + "?"));

        RawHttp.Response response = api.sign(message);

        assertThat(response.body()).contains("what is [key]?").doesNotContain(RunningApi.KEY);
        assertThat(api.redis().opsForValue().get("sign:{" + id.hex() + "}")).doesNotContain(RunningApi.KEY);
    }

    @Test
    void it_is_json_whatever_the_client_says_it_accepts() throws Exception {
        upstreamDoes(Answer.text(200, "c2ln"));

        RawHttp.Response response = api.get("/crypto/sign?message=" + message, "Accept: text/html");

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.header("Content-Type")).contains("application/json");
    }

    @Test
    void what_is_not_offered_is_a_problem_of_json() throws Exception {
        assertThat(api.get("/crypto/other")).satisfies(response -> {
            assertThat(response.status()).isEqualTo(404);
            assertThat(response.header("Content-Type")).contains("application/problem+json");
        });
        assertThat(put("/crypto/sign?message=" + message)).satisfies(response -> {
            assertThat(response.status()).isEqualTo(405);
            assertThat(response.header("Content-Type")).contains("application/problem+json");
        });
        assertThat(calls()).isZero();
    }

    @Test
    void health_and_metrics_are_not_on_the_port_for_clients() throws Exception {
        assertThat(api.get("/actuator/health").status()).isEqualTo(404);
        assertThat(api.management("/actuator/health/readiness").status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "OPTIONS * HTTP/9.9",
                "CONNECT /crypto/sign?message=m HTTP/1.1",
                "GET /crypto/sign?message=m HTTP/9.9",
                "GET /crypto/sign?message=m HTTP/1.1\r\nTransfer-Encoding: gzip"
            })
    void what_the_server_does_not_speak_is_the_clients_mistake(String request) throws Exception {
        assertThat(send(request + "\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                        .status())
                .isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 5\r\nContent-Length: 6",
                "Content-Length: +5",
                "Transfer-Encoding : chunked",
                "Transfer-Encoding: xchunked",
                "Transfer-Encoding: chunked, chunked",
                "Content-Length: 5\r\nTransfer-Encoding: chunked"
            })
    void a_request_whose_end_can_be_read_in_two_ways_hides_no_other_request(String lengths) throws Exception {
        RawHttp.Response response = send("GET /crypto/sign HTTP/1.1\r\nHost: localhost\r\n" + lengths
                + "\r\n\r\n0\r\n\r\nGET /crypto/sign?message=" + message
                + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        assertThat(response.status()).isEqualTo(400);
        assertThat(response.body()).doesNotContain("HTTP/1.1");
        assertThat(calls()).isZero();
    }

    @Test
    void a_connection_serves_more_than_a_hundred_requests() throws Exception {
        upstreamDoes(Answer.text(200, "c2ln"));
        api.sign(message);
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), api.port())) {
            socket.setSoTimeout(10_000);
            byte[] request = ("GET /crypto/sign?message=" + message + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII);
            for (int i = 0; i < 150; i++) {
                socket.getOutputStream().write(request);
                assertThat(readUntil(socket, "\"value\":\"c2ln\"}"))
                        .startsWith("HTTP/1.1 200")
                        .doesNotContain("close");
            }
        }
    }

    private static RawHttp.Response put(String target) throws IOException {
        return send("PUT " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    }

    /** Sends it as it is, and reads until the API closes the connection. */
    private static RawHttp.Response send(String request) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), api.port())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return RawHttp.read(socket);
        }
    }

    /** Reads one response of a connection that stays open, and the end of its last chunk. */
    private static String readUntil(Socket socket, String end) throws IOException {
        var text = new StringBuilder();
        while (text.indexOf(end) < 0 || !text.toString().endsWith("\r\n0\r\n\r\n")) {
            int next = socket.getInputStream().read();
            if (next < 0) {
                throw new IOException("closed after: " + text);
            }
            text.append((char) next);
        }
        return text.toString();
    }
}
