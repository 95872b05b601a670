package io.cryptowrapper.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.testing.RawHttp;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is signed is exactly what was sent. */
class MessageDecodingTest {

    private static UpstreamSimulator simulator;

    @BeforeAll
    static void start() {
        simulator = UpstreamSimulator.start(SimulatorSettings.in(SimulatorCalls.DATA_DIR)
                .withFailingShare(0)
                .withCalls(1000)
                .withLatency(Duration.ZERO));
    }

    @AfterAll
    static void stop() {
        simulator.close();
    }

    static Stream<Arguments> queries() {
        return Stream.of(
                Arguments.of("message=a+b", "a b"),
                Arguments.of("message=a%20b", "a b"),
                Arguments.of("message=a%2Bb%2bc", "a+b+c"),
                Arguments.of("message=a;b=c;message=d", "a;b=c;message=d"),
                Arguments.of("message=a=b==", "a=b=="),
                Arguments.of("message=%3D%26%23%25%3F%3B%2F", "=&#%?;/"),
                Arguments.of("message=a?b/c", "a?b/c"),
                Arguments.of("message=%2541", "%41"),
                Arguments.of("message=a%0D%0Ab%0Ac%09", "a\r\nb\nc\t"),
                Arguments.of("message=+", " "),
                Arguments.of("message=%00", "\0"),
                Arguments.of("message=%C3%A9%F0%9F%98%80", "é😀"),
                Arguments.of("message=é😀", "é😀"),
                Arguments.of("message=e%CC%81", "e\u0301"),
                Arguments.of("mess%61ge=encoded+name", "encoded name"),
                Arguments.of("&x&=y&message=first&message=second", "first"));
    }

    @ParameterizedTest
    @MethodSource("queries")
    void a_message_is_decoded_exactly(String query, String message) throws Exception {
        RawHttp.Response response = SimulatorCalls.get(simulator, "/crypto/sign?" + query, SimulatorCalls.KEY);

        assertThat(response.status()).isEqualTo(200);
        assertThat(simulator.calls().getLast().message()).isEqualTo(message);
        assertThat(signatureIsFor(message, response.body())).isTrue();
    }

    @Test
    void a_message_of_8_KiB_arrives_even_if_each_byte_is_escaped_and_headers_are_long() throws Exception {
        String message = "😀".repeat(2048);

        String target = "/crypto/sign?message=" + escaped(message);
        RawHttp.Response response =
                SimulatorCalls.get(simulator, target, SimulatorCalls.KEY, "X-Padding: " + "x".repeat(16_000));

        assertThat(response.status()).isEqualTo(200);
        assertThat(simulator.calls().getLast().message()).isEqualTo(message);
        assertThat(signatureIsFor(message, response.body())).isTrue();
    }

    private static boolean signatureIsFor(String message, String signature) throws Exception {
        String query = "message=" + escaped(message) + "&signature=" + escaped(signature);
        return SimulatorCalls.get(simulator, "/crypto/verify?" + query, SimulatorCalls.KEY)
                .body()
                .equals("{\"valid\":true}");
    }

    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            escaped.append("%%%02X".formatted(b));
        }
        return escaped.toString();
    }
}
