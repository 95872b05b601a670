package io.cryptowrapper.api;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import io.cryptowrapper.testing.RawHttp;
import java.net.URI;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** From the bytes on a client's connection to the query that the upstream receives. */
class QueryParametersTest {

    private static final WireMockServer UPSTREAM =
            new WireMockServer(options().dynamicPort().bindAddress("127.0.0.1").jettyHeaderRequestSize(64 * 1024));
    private static RunningApi api;
    private static RunningApi alone;

    @BeforeAll
    static void start() {
        UPSTREAM.start();
        UPSTREAM.stubFor(any(anyUrl()).willReturn(aResponse().withBody("c2ln")));
        api = RunningApi.on(TestServers.newDatabase(), URI.create(UPSTREAM.baseUrl()));
    }

    /** One that has lost Redis and the broker. */
    @BeforeAll
    static void startAnotherAlone() {
        alone = RunningApi.on(TestServers.newDatabase(), URI.create(UPSTREAM.baseUrl()));
        alone.toRedis().cut();
        alone.toBroker().cut();
    }

    @AfterAll
    static void stop() {
        alone.close();
        api.close();
        UPSTREAM.stop();
    }

    @AfterEach
    void forget() {
        UPSTREAM.resetRequests();
    }

    /** The query that a client sends; the message in it, as JSON; the query that the upstream receives. */
    static Stream<Arguments> messages() {
        return Stream.of(
                Arguments.of("message=hello", "hello", "message=hello"),
                Arguments.of("message=a+b", "a b", "message=a%20b"),
                Arguments.of("message=a%20c", "a c", "message=a%20c"),
                Arguments.of("message=a%2Bb%2bc", "a+b+c", "message=a%2Bb%2Bc"),
                Arguments.of("message=a/b", "a/b", "message=a%2Fb"),
                Arguments.of("message=a=b==", "a=b==", "message=a%3Db%3D%3D"),
                Arguments.of("message=a%3db", "a=b", "message=a%3Db"),
                Arguments.of("message=a%26message=b", "a&message=b", "message=a%26message%3Db"),
                Arguments.of("message=a%23b", "a#b", "message=a%23b"),
                Arguments.of("message=a%25b", "a%b", "message=a%25b"),
                Arguments.of("message=%2541", "%41", "message=%2541"),
                Arguments.of("message=%41%62", "Ab", "message=Ab"),
                Arguments.of("message=a?b", "a?b", "message=a%3Fb"),
                Arguments.of("message=a;message=b", "a;message=b", "message=a%3Bmessage%3Db"),
                Arguments.of("message=%20", " ", "message=%20"),
                Arguments.of("message=+++", "   ", "message=%20%20%20"),
                Arguments.of("message=a%0Ab%0D%0Ac%09", "a\\nb\\r\\nc\\t", "message=a%0Ab%0D%0Ac%09"),
                Arguments.of("message=%00", "\\u0000", "message=%00"),
                Arguments.of("message=%22%5C", "\\\"\\\\", "message=%22%5C"),
                Arguments.of("message={\"a\":[1|2]}", "{\\\"a\\\":[1|2]}", "message=%7B%22a%22%3A%5B1%7C2%5D%7D"),
                Arguments.of("message=%F0%9F%98%80", "😀", "message=%F0%9F%98%80"),
                Arguments.of("message=%C3%A9", "é", "message=%C3%A9"),
                Arguments.of("message=e%CC%81", "e\u0301", "message=e%CC%81"),
                Arguments.of("mess%61ge=b", "b", "message=b"),
                Arguments.of("&a=1&message=c&b&=", "c", "message=c"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("messages")
    void a_message_arrives_as_it_was_sent(String query, String inJson, String received) throws Exception {
        RawHttp.Response response = api.get("/crypto/sign?" + query);

        assertThat(response.body())
                .isEqualTo("{\"last_status_code\":200,\"message\":\"" + inJson
                        + "\",\"success\":true,\"value\":\"c2ln\"}");
        assertThat(UPSTREAM.getAllServeEvents())
                .extracting(event -> event.getRequest().getUrl())
                .containsExactly("/crypto/sign?" + received);
    }

    @Test
    void messages_that_differ_in_one_character_are_told_apart() throws Exception {
        String[] messages = {"x%20y", "x%2By", "x%2520y", "xy", "xy%20", "%20xy", "x%0Ay", "x%0D%0Ay", "X%20Y"};

        for (String message : messages) {
            assertThat(api.get("/crypto/sign?message=" + message).status()).isEqualTo(200);
        }

        assertThat(UPSTREAM.getAllServeEvents()).hasSize(messages.length);
    }

    @Test
    void eight_kibibytes_are_taken_even_if_each_byte_is_escaped_and_not_one_more() throws Exception {
        String largest = "%F0%9F%98%80".repeat(2048);

        assertThat(api.get("/crypto/sign?message=" + largest).status()).isEqualTo(200);
        assertThat(UPSTREAM.getAllServeEvents().getFirst().getRequest().getUrl())
                .isEqualTo("/crypto/sign?message=" + largest);

        RawHttp.Response tooLarge = api.get("/crypto/sign?message=" + largest + "x");
        assertThat(tooLarge.status()).isEqualTo(413);
        assertThat(tooLarge.body()).contains("The message has 8193 bytes in UTF-8; at most 8192 are taken.");
    }

    static Stream<Arguments> malformedQueries() {
        return Stream.of(
                Arguments.of("", 400, "The query parameter 'message' is missing."),
                Arguments.of("?", 400, "The query parameter 'message' is missing."),
                Arguments.of("?Message=a", 400, "The query parameter 'message' is missing."),
                Arguments.of("?message", 400, "The query parameter 'message' is empty."),
                Arguments.of("?message=", 400, "The query parameter 'message' is empty."),
                Arguments.of("?message=&x=1", 400, "The query parameter 'message' is empty."),
                Arguments.of(
                        "?message=a&message=a", 400, "The query parameter 'message' is given 2 times; give it once."),
                Arguments.of(
                        "?message=a&mess%61ge=b", 400, "The query parameter 'message' is given 2 times; give it once."),
                Arguments.of(
                        "?message=a&message", 400, "The query parameter 'message' is given 2 times; give it once."),
                Arguments.of(
                        "?message=%",
                        400, "The query parameter 'message' has a '%' that two hexadecimal digits do not follow."),
                Arguments.of(
                        "?message=a%4",
                        400, "The query parameter 'message' has a '%' that two hexadecimal digits do not follow."),
                Arguments.of(
                        "?message=%zz",
                        400, "The query parameter 'message' has a '%' that two hexadecimal digits do not follow."),
                Arguments.of("?message=a&%=b", 400, "The query has a '%' that two hexadecimal digits do not follow."),
                Arguments.of(
                        "?message=%ff",
                        400, "The query parameter 'message' is not UTF-8 when its percent-encoding is undone."),
                Arguments.of(
                        "?message=%C3",
                        400, "The query parameter 'message' is not UTF-8 when its percent-encoding is undone."),
                Arguments.of(
                        "?message=%C0%AF",
                        400, "The query parameter 'message' is not UTF-8 when its percent-encoding is undone."),
                Arguments.of(
                        "?message=%ED%A0%80",
                        400, "The query parameter 'message' is not UTF-8 when its percent-encoding is undone."),
                Arguments.of("?message=a&%ff=b", 400, "The query is not UTF-8 when its percent-encoding is undone."),
                Arguments.of("?message=é", 400, null),
                Arguments.of("?message=a b", 400, null),
                Arguments.of("?message=" + "x".repeat(8193), 413, null),
                Arguments.of("?message=" + "x".repeat(200_000), 400, null));
    }

    @Test
    void what_nobody_asks_for_is_left_alone() throws Exception {
        assertThat(api.get("/crypto/sign?message=alone&other=%zz&other=%ff").status())
                .isEqualTo(200);
    }

    /** The same for what is to be verified. */
    static Stream<Arguments> malformedVerifications() {
        return Stream.of(
                Arguments.of("", 400, "The query parameter 'message' is missing."),
                Arguments.of("?signature=c2ln", 400, "The query parameter 'message' is missing."),
                Arguments.of("?message=&signature=c2ln", 400, "The query parameter 'message' is empty."),
                Arguments.of(
                        "?message=a&message=b&signature=c2ln",
                        400,
                        "The query parameter 'message' is given 2 times; give it once."),
                Arguments.of(
                        "?message=%zz&signature=c2ln",
                        400, "The query parameter 'message' has a '%' that two hexadecimal digits do not follow."),
                Arguments.of(
                        "?message=%ff&signature=c2ln",
                        400, "The query parameter 'message' is not UTF-8 when its percent-encoding is undone."),
                Arguments.of(
                        "?signature=c2ln&message=" + "x".repeat(8193),
                        413,
                        "The message has 8193 bytes in UTF-8; at most 8192 are taken."),
                Arguments.of("?message=a", 400, "The query parameter 'signature' is missing."),
                Arguments.of("?message=a&Signature=c2ln", 400, "The query parameter 'signature' is missing."),
                Arguments.of("?message=a&signature", 400, "The query parameter 'signature' is empty."),
                Arguments.of("?message=a&signature=", 400, "The query parameter 'signature' is empty."),
                Arguments.of("?message=a&signature=+%0A", 400, "The query parameter 'signature' is blank."),
                Arguments.of(
                        "?message=a&signature=c2ln&sign%61ture=c2ln",
                        400, "The query parameter 'signature' is given 2 times; give it once."),
                Arguments.of(
                        "?message=a&signature=%4",
                        400, "The query parameter 'signature' has a '%' that two hexadecimal digits do not follow."),
                Arguments.of(
                        "?message=a&signature=%C3",
                        400, "The query parameter 'signature' is not UTF-8 when its percent-encoding is undone."),
                Arguments.of(
                        "?message=a&signature=" + "x".repeat(16385),
                        413,
                        "The signature has 16385 bytes in UTF-8; at most 16384 are taken."),
                Arguments.of("?message=a&signature=" + "x".repeat(200_000), 400, null));
    }

    @ParameterizedTest
    @MethodSource("malformedVerifications")
    void a_malformed_request_to_verify_is_told_its_fault_even_if_redis_and_the_broker_are_away(
            String query, int status, @Nullable String detail) throws Exception {
        isTold("/crypto/verify" + query, status, detail);
    }

    @ParameterizedTest
    @MethodSource("malformedQueries")
    void a_malformed_request_is_told_its_fault_even_if_redis_and_the_broker_are_away(
            String query, int status, @Nullable String detail) throws Exception {
        isTold("/crypto/sign" + query, status, detail);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/crypto/sign", "/crypto/sign?message=", "/crypto/sign?message=%ff"})
    void a_malformed_request_touches_neither_redis_nor_the_queue(String target) throws Exception {
        api.get("/crypto/sign?message=before");
        Set<String> keys = api.redis().keys("*");
        Object granted = Objects.requireNonNull(api.redis().opsForHash().get("sign:quota", "granted"));
        List<String> queued = QueuedMessages.all();

        assertThat(api.get(target).status()).isEqualTo(400);

        // What was there before may end meanwhile.
        assertThat(keys).containsAll(api.redis().keys("*"));
        assertThat(api.redis().opsForHash().get("sign:quota", "granted")).isEqualTo(granted);
        assertThat(QueuedMessages.all()).isEqualTo(queued);
    }

    private static void isTold(String target, int status, @Nullable String detail) throws Exception {
        RawHttp.Response response = alone.get(target);

        assertThat(response.status()).isEqualTo(status);
        assertThat(response.header("Content-Type").orElseThrow()).startsWith("application/problem+json");
        assertThat(response.body())
                .contains("\"status\":" + status, detail == null ? "\"detail\":\"" : "\"detail\":\"" + detail + "\"")
                .doesNotContain("Exception", "xxxx");
        assertThat(UPSTREAM.getAllServeEvents()).isEmpty();
    }
}
