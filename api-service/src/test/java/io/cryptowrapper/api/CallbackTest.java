package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.ending.CallbackRelease;
import io.cryptowrapper.ending.StatusRecorder;
import io.cryptowrapper.results.CallbackLooks;
import io.cryptowrapper.results.CallbackLooks.Look;
import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.SigningStatus;
import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.simulator.Behaviour.Answer;
import io.cryptowrapper.testing.Gate;
import io.cryptowrapper.testing.RawHttp;
import io.cryptowrapper.testing.Stage;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Clients that ask to be called back when their message has ended. */
@Tag(Stage.BOTH_SERVERS)
@Timeout(60)
class CallbackTest extends SharedApiTest {

    private static final SigningStatus.Signed SIGNED = new SigningStatus.Signed(SIGNATURE);
    private static final PublishedCallbacks published = new PublishedCallbacks(other);

    private final String url = "https://127.0.0.1:1/hook/" + message + "?a=b&c=d";
    private @Nullable RunningApi started;

    @BeforeEach
    void upstreamIsDown() {
        upstreamDoes(Answer.text(502, "down"));
    }

    @AfterEach
    void closeOwn() {
        if (started != null) {
            started.close();
        }
    }

    @Test
    void who_asks_for_a_message_that_is_signed_is_called_back_at_once_with_what_it_is_answered() throws Exception {
        upstreamDoes(Answer.text(200, "c2ln+/=="));
        String answered = api.sign(message).body();

        assertThat(api.get(target(url)).body()).isEqualTo(answered);

        JsonNode callback = published.awaitTo(url, 1).getFirst();
        assertThat(callback.get("body").asString()).isEqualTo(answered).contains("c2ln+/==");
        assertThat(callback.get("id").asString()).matches("msg_[0-9a-f]{64}");
        assertThat(callback.get("attempt").asInt()).isEqualTo(1);
        awaitNothingLeft();
    }

    @Test
    void who_asks_again_after_that_is_called_back_again_with_the_same_id() throws Exception {
        upstreamDoes(Answer.text(200, "c2ln"));
        assertThat(api.get(target(url)).body()).contains("\"success\":true");
        String first = published.awaitTo(url, 1).getFirst().get("id").asString();
        awaitNothingLeft();

        api.get(target(url));

        assertThat(published.awaitTo(url, 2))
                .extracting(one -> one.get("id").asString())
                .containsOnly(first);
    }

    @Test
    void a_message_that_waits_is_called_back_for_when_another_process_records_its_end() throws Exception {
        assertThat(api.get(target(url)).body()).contains("\"retry_in_seconds\":");
        assertThat(published.to(url)).isEmpty();

        other.part(StatusRecorder.class).record(id, SIGNED);

        assertThat(published.awaitTo(url, 1).getFirst().get("body").asString())
                .isEqualTo(api.sign(message).body())
                .contains("\"success\":true");
        awaitNothingLeft();
    }

    @Test
    void a_first_call_that_signs_or_rejects_is_told_too() throws Exception {
        upstreamDoes(Answer.text(422, "not \u00fc this \"one\""));

        String answered = api.get(target(url)).body();

        assertThat(answered).contains("\"last_status_code\":422");
        assertThat(published.awaitTo(url, 1).getFirst().get("body").asString()).isEqualTo(answered);
    }

    @Test
    void a_first_call_that_is_answered_late_is_told_too() throws Exception {
        upstreamDoes(new Behaviour.Hang(Duration.ofMillis(2200)));

        assertThat(api.get(target(url)).body()).contains("\"last_status_code\":504");

        assertThat(published.awaitTo(url, 1).getFirst().get("body").asString()).contains("\"success\":true");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Prefer: respond-async", "Prefer: respond-async, wait=1", "X-None: 1"})
    void the_answer_is_the_same_as_without_a_callback_however_the_client_wants_it(String header) throws Exception {
        assertThat(api.sign(message).body()).contains("\"retry_in_seconds\":");
        RawHttp.Response without = api.get("/crypto/sign?message=" + message, header);

        RawHttp.Response with = api.get(target(url), header);

        assertThat(with.status()).isEqualTo(without.status());
        assertThat(withoutEstimate(with.body())).isEqualTo(withoutEstimate(without.body()));
        assertThat(lines(with)).isEqualTo(lines(without)).doesNotContain("callback");
        other.part(StatusRecorder.class).record(id, SIGNED);
        assertThat(published.awaitTo(url, 1)).hasSize(1);
    }

    @Test
    void who_follows_a_message_is_called_back_as_well() throws Exception {
        try (Socket events = RawHttp.open(api.port(), target(url), "Accept: text/event-stream")) {
            await().until(() -> api.part(CallbackLooks.class).of(id).isPresent());

            other.part(StatusRecorder.class).record(id, SIGNED);

            assertThat(published.awaitTo(url, 1)).hasSize(1);
            assertThat(RawHttp.read(events).body()).contains("event:signed");
        }
    }

    @Test
    void five_urls_of_the_longest_that_are_taken_and_the_largest_message_fit_into_a_request() throws Exception {
        List<String> urls = IntStream.range(0, 5)
                .mapToObj(i -> "https://127.0.0.1:" + (i + 1) + "/" + message + "/")
                .map(start -> start + "&".repeat(460) + "x".repeat(2048 - 460 - start.length()))
                .toList();
        String largest = message + "\u20ac".repeat((8192 - message.length()) / 3);

        RawHttp.Response response = api.get(target(largest, urls.toArray(String[]::new)));

        assertThat(response.status()).isEqualTo(200);
        other.part(StatusRecorder.class).record(new Message(largest).id(), SIGNED);
        for (String one : urls) {
            assertThat(published.awaitTo(one, 1)).hasSize(1);
        }
    }

    @Test
    void the_same_url_twice_is_one() throws Exception {
        assertThat(api.get(target(url, url, url, url, url, url)).status()).isEqualTo(200);

        other.part(StatusRecorder.class).record(id, SIGNED);

        awaitNothingLeft();
        assertThat(published.awaitTo(url, 1)).hasSize(1);
    }

    @Test
    void two_clients_that_name_the_same_url_are_both_called_back(@TempDir Path directory) throws Exception {
        Path keys = Files.writeString(directory.resolve("keys"), """
            alice d1bbfadb2caae41b29639308b0f31dc7354e002d17dacee9990f6aa6aba751cf
            bob ab3ae1939dce755aa5699c70aac392f1a5ec8bafed59220ba8afabb895f8bf6e
            """);
        RunningApi own = start(Map.of("crypto.client.keys-file", keys.toString()));
        assertThat(own.get(target(url), "Authorization: Bearer alice-s-key").status())
                .isEqualTo(200);
        assertThat(own.get(target(url), "Authorization: Bearer bobs-new_key").status())
                .isEqualTo(200);

        other.part(StatusRecorder.class).record(id, SIGNED);

        assertThat(published.awaitTo(url, 2))
                .extracting(one -> one.get("id").asString())
                .doesNotHaveDuplicates();
    }

    static Stream<Arguments> malformed() {
        String many = IntStream.range(0, 6)
                .mapToObj(i -> "callback_url=https://127.0.0.1/" + i)
                .collect(Collectors.joining("&"));
        String long2049 = "https://127.0.0.1/" + "x".repeat(2049 - 18);
        return Stream.of(
                Arguments.of("callback_url", "is empty."),
                Arguments.of("callback_url=", "is empty."),
                Arguments.of("callback_url=https://127.0.0.1/&callback_url=", "is empty."),
                Arguments.of("callback_url=%zz", "has a '%' that two hexadecimal digits do not follow."),
                Arguments.of("callback_url=%ff", "is not UTF-8 when its percent-encoding is undone."),
                Arguments.of(
                        "callback_url=" + long2049,
                        "is refused. A callback's URL must not be longer than 2048 characters."),
                Arguments.of("callback_url=hello", "is refused. A callback's URL must begin with https://."),
                Arguments.of("callback_url=//127.0.0.1/", "is refused. A callback's URL must begin with https://."),
                Arguments.of("callback_url=ftp://127.0.0.1/", "is refused. A callback's URL must begin with https://."),
                Arguments.of("callback_url=https:127.0.0.1", "is refused. A callback's URL must have a host: "),
                Arguments.of("callback_url=https://127.0.0.1/a%20b", "is no absolute https URL."),
                Arguments.of("callback_url=https://127.0.0.1/%0d%0a", "is no absolute https URL."),
                Arguments.of("callback_url=https:///a", "is refused. A callback's URL must have a host: "),
                Arguments.of("callback_url=https://a_b%25%25/", "is no absolute https URL."),
                Arguments.of("callback_url=https://:1/", "is refused. A callback's URL must have a host: "),
                Arguments.of(
                        "callback_url=https://me:secret%40127.0.0.1/",
                        "is refused. A callback's URL must have no user name."),
                Arguments.of(
                        "callback_url=https://127.0.0.1/%23part",
                        "is refused. A callback's URL must have no fragment."),
                Arguments.of("callback_url=https://10.0.0.1/", "is refused. A callback's URL must "),
                Arguments.of(many, "is given 6 times; at most 5 are taken."));
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void what_cannot_be_called_is_told_before_anything_is_touched(String query, String fault) throws Exception {
        api.toRedis().cut();
        api.toBroker().cut();

        RawHttp.Response response = api.get("/crypto/sign?message=" + message + "&" + query);

        assertThat(response.status()).isEqualTo(400);
        assertThat(response.header("Content-Type").orElseThrow()).startsWith("application/problem+json");
        assertThat(response.body())
                .contains("\"detail\":\"The query parameter 'callback_url' " + fault)
                .doesNotContain("xxxx", "secret");
        assertThat(calls()).isZero();
    }

    @Test
    void where_callbacks_are_not_set_up_who_asks_for_one_is_told_so_and_others_are_not() throws Exception {
        RunningApi without = RunningApi.on(DATABASE, upstream.baseUrl());
        started = without;

        RawHttp.Response response = without.get(target(url));

        assertThat(response.status()).isEqualTo(400);
        assertThat(response.body())
                .contains("The query parameter 'callback_url' cannot be used: callbacks are not set up here");
        assertThat(without.sign(message).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void without_redis_nothing_is_promised_even_if_the_message_could_be_queued(boolean silent) throws Exception {
        Gate redis = api.toRedis();
        if (silent) {
            redis.silence();
        } else {
            redis.cut();
        }

        RawHttp.Response response = api.get(target(url));

        assertThat(response.status()).isEqualTo(503);
        assertThat(response.header("Retry-After")).contains("5");
        assertThat(response.body())
                .contains("The callback could not be taken note of in time. Nothing is promised: send it again later.");
        assertThat(calls()).isZero();
        assertThat(QueuedMessages.times(message)).isZero();
    }

    @Test
    void without_rabbitmq_callbacks_stay_and_are_made_by_who_looks_when_it_is_back() throws Exception {
        api.get(target(url));
        api.toBroker().cut();
        api.part(StatusRecorder.class).record(id, SIGNED);
        await("given back")
                .until(() -> stored().stream()
                        .filter(field -> field.startsWith("0 "))
                        .allMatch(field -> field.startsWith("0 0 ")));
        await("looked at soon").until(() -> millisUntilLook() <= 5000);
        assertThat(published.to(url)).isEmpty();
        api.toBroker().open();

        await().ignoreExceptions().until(() -> {
            Optional<Look> look = api.part(CallbackLooks.class).of(id);
            look.ifPresent(api.part(CallbackRelease.class)::release);
            return look.isEmpty();
        });

        assertThat(published.awaitTo(url, 1)).isNotEmpty();
        awaitNothingLeft();
    }

    @Test
    void an_end_whose_recorder_died_is_told_by_who_looks() throws Exception {
        api.get(target(url));
        other.part(SignatureStore.class).record(id, new SigningStatus.Rejected(new Failure(422, "no")));
        api.redis().delete("sign:{" + id.hex() + "}");

        other.part(CallbackRelease.class)
                .release(other.part(CallbackLooks.class).of(id).orElseThrow());

        assertThat(published.awaitTo(url, 1).getFirst().get("body").asString()).contains("\"last_status_code\":422");
        awaitNothingLeft();
    }

    @Test
    void who_looks_at_a_message_that_waits_looks_again_later() throws Exception {
        api.get(target(url));

        other.part(CallbackRelease.class)
                .release(other.part(CallbackLooks.class).of(id).orElseThrow());

        assertThat(millisUntilLook()).isBetween(30_000L, 60_000L);
        assertThat(published.to(url)).isEmpty();
    }

    @Test
    void callbacks_wait_for_no_more_messages_than_may_wait() throws Exception {
        RunningApi own = start(Map.of("crypto.retry.max-pending", "1"));
        api.get(target(url));
        await().until(() -> api.part(CallbackLooks.class).of(id).isPresent());

        RawHttp.Response response = own.get(target(RunningApi.newMessage(), new String[] {url}));

        assertThat(response.status()).isEqualTo(503);
        assertThat(response.body()).contains("Callbacks wait for as many messages as may wait");
    }

    @Test
    void a_hundred_callbacks_wait_for_a_message_and_one_more_is_told_that_it_does_not() throws Exception {
        for (int i = 0; i < 20; i++) {
            int first = i * 5;
            String[] urls =
                    IntStream.range(first, first + 5).mapToObj(n -> url + n).toArray(String[]::new);
            assertThat(api.get(target(message, urls)).status()).isEqualTo(200);
        }

        RawHttp.Response response = api.get(target(url));

        assertThat(response.status()).isEqualTo(503);
        assertThat(response.body()).contains("As many callbacks wait for this message as may.");
    }

    private RunningApi start(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(CALLBACKS);
        all.putAll(settings);
        RunningApi api = RunningApi.on(DATABASE, upstream.baseUrl(), all);
        started = api;
        return api;
    }

    private String target(String... urls) {
        return target(message, urls);
    }

    private static String target(String message, String[] urls) {
        return "/crypto/sign?message=" + encoded(message)
                + Stream.of(urls).map(url -> "&callback_url=" + encoded(url)).collect(Collectors.joining());
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String withoutEstimate(String body) {
        return body.replaceFirst("\"retry_in_seconds\":\\d+", "");
    }

    /** The header lines, but for those that tell of the time. */
    private static String lines(RawHttp.Response response) {
        return response.headers()
                .lines()
                .filter(line -> !line.matches("(?i)(date|ratelimit|retry-after).*"))
                .collect(Collectors.joining("\n"));
    }

    private List<String> stored() {
        return other.redis().opsForHash().values("sign:callbacks:{" + id.hex() + "}").stream()
                .map(Object::toString)
                .toList();
    }

    private long millisUntilLook() {
        long at = Long.parseLong(
                other.part(CallbackLooks.class).of(id).orElseThrow().at());
        return at - other.part(SignatureStore.class).time().toEpochMilli();
    }

    private void awaitNothingLeft() {
        await("nothing left")
                .until(() -> stored().isEmpty()
                        && other.part(CallbackLooks.class).of(id).isEmpty());
    }
}
