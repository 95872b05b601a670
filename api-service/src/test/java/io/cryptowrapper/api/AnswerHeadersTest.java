package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.SigningStatus;
import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.testing.RawHttp;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What headers say of an answer. */
@Timeout(60)
class AnswerHeadersTest extends SharedApiTest {

    @BeforeEach
    void signs() {
        upstreamDoes(Behaviour.Answer.text(200, "c2ln"));
    }

    @Test
    void who_causes_a_call_is_told_so_and_who_asks_again_how_long_the_signature_is_kept() throws Exception {
        RawHttp.Response first = api.sign(message);
        RawHttp.Response second = api.sign(message);

        assertThat(first.header("Cache-Status")).contains("CryptoAPIWrapper; fwd=uri-miss; fwd-status=200");
        assertThat(first.header("Cache-Control")).contains("private, max-age=86400");
        assertThat(second.header("Cache-Status").orElseThrow())
                .matches("CryptoAPIWrapper; hit; ttl=(86400|863[0-9]{2})");
        assertThat(second.header("Cache-Control").orElseThrow()).matches("private, max-age=(86400|863[0-9]{2})");
        assertThat(second.header("ETag")).isEqualTo(first.header("ETag")).isPresent();
        assertThat(second.header("Vary")).contains("Accept, Prefer");
    }

    @Test
    void a_message_that_waits_tells_how_the_call_ended_and_is_kept_by_nobody() throws Exception {
        upstreamDoes(Behaviour.Answer.text(502, "down"));

        RawHttp.Response first = api.sign(message);
        RawHttp.Response second = api.sign(message);

        assertThat(first.header("Cache-Status")).contains("CryptoAPIWrapper; fwd=uri-miss; fwd-status=502");
        assertThat(first.header("Cache-Control")).contains("no-store");
        assertThat(first.header("ETag")).isEmpty();
        assertThat(second.header("Cache-Status")).contains("CryptoAPIWrapper; detail=waiting");
        assertThat(second.header("Cache-Control")).contains("no-store");
    }

    @Test
    void a_rejected_message_is_a_hit_that_others_may_not_keep() throws Exception {
        upstreamDoes(Behaviour.Answer.text(422, "not this one"));
        api.sign(message);

        RawHttp.Response response = api.sign(message);

        assertThat(response.header("Cache-Status").orElseThrow()).matches("CryptoAPIWrapper; hit; ttl=(60|5[0-9])");
        assertThat(response.header("Cache-Control")).contains("no-store");
        assertThat(response.header("ETag")).isEmpty();
    }

    @Test
    void who_has_waited_for_another_callers_call_is_told_so() throws Exception {
        upstreamDoes(new Behaviour.Hang(Duration.ofMillis(700)));
        try (Socket first = RawHttp.open(api.port(), "/crypto/sign?message=" + message)) {
            await().until(() -> calls() == 1);

            assertThat(api.sign(message).header("Cache-Status")).contains("CryptoAPIWrapper; fwd=uri-miss; collapsed");
            assertThat(RawHttp.read(first).header("Cache-Status").orElseThrow())
                    .startsWith("CryptoAPIWrapper; fwd=uri-miss; fwd-status=");
        }
    }

    @Test
    void what_is_remembered_while_redis_is_away_is_a_hit_of_which_nobody_knows_for_how_long() throws Exception {
        try (RunningApi own = RunningApi.on(TestServers.newDatabase(), upstream.baseUrl())) {
            own.sign(message);
            own.toRedis().cut();

            RawHttp.Response response = own.sign(message);

            assertThat(response.header("Cache-Status")).contains("CryptoAPIWrapper; hit; detail=memory");
            assertThat(response.header("Cache-Control")).contains("private, no-cache");
            assertThat(own.sign(RunningApi.newMessage()).header("Cache-Status"))
                    .contains("CryptoAPIWrapper; detail=not-called");
            assertThat(response.header("RateLimit-Policy")).isPresent();
            await().until(() -> own.sign(message).header("RateLimit").isEmpty());
            own.toRedis().open();
            await().until(() -> own.sign(message).header("RateLimit").isPresent());
        }
    }

    @Test
    void who_has_the_signature_already_is_not_sent_it_again() throws Exception {
        String tag = api.sign(message).header("ETag").orElseThrow();

        RawHttp.Response same = ask("If-None-Match: \"other\", W/" + tag);
        RawHttp.Response other = ask("If-None-Match: \"other\"");

        assertThat(same.status()).isEqualTo(304);
        assertThat(same.body()).isEmpty();
        assertThat(same.header("ETag")).contains(tag);
        assertThat(same.header("Cache-Control").orElseThrow()).startsWith("private, max-age=");
        assertThat(other.status()).isEqualTo(200);
        assertThat(ask("If-None-Match: *").status()).isEqualTo(304);
    }

    @Test
    void a_tag_is_that_of_one_message_and_one_signature() throws Exception {
        String tag = api.sign(message).header("ETag").orElseThrow();

        assertThat(api.sign(RunningApi.newMessage()).header("ETag")).isPresent().isNotEqualTo(Optional.of(tag));
        api.redis().delete("sign:{" + new Message(message).id().hex() + "}");
        upstreamDoes(Behaviour.Answer.text(200, "other"));
        assertThat(api.sign(message).header("ETag")).isPresent().isNotEqualTo(Optional.of(tag));
    }

    @Test
    void a_message_that_waits_is_never_not_modified() throws Exception {
        upstreamDoes(Behaviour.Answer.text(502, "down"));

        RawHttp.Response response = ask("If-None-Match: *");

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body()).contains("\"success\":false");
    }

    @Test
    void who_waits_for_a_signature_that_he_has_is_not_sent_it_either() throws Exception {
        String tag = api.sign(message).header("ETag").orElseThrow();
        api.redis().delete("sign:{" + new Message(message).id().hex() + "}");
        upstreamDoes(Behaviour.Answer.text(502, "down"));
        try (Socket client = RawHttp.open(
                api.port(), "/crypto/sign?message=" + message, "Prefer: wait=30", "If-None-Match: " + tag)) {
            await().until(() -> api.part(Watches.class).count() == 1);

            store(new SigningStatus.Signed(SIGNATURE));

            assertThat(RawHttp.read(client).status()).isEqualTo(304);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "no quotes", "\"open", "*, \"a\"", "w/\"a\"", "\"a\" \"b\"", "\"a\";"})
    void an_if_none_match_that_cannot_be_read_is_refused_and_touches_nothing(String value) throws Exception {
        RawHttp.Response response = ask("If-None-Match: " + value);

        assertThat(response.status()).isEqualTo(400);
        assertThat(response.header("Content-Type")).contains("application/problem+json");
        assertThat(response.body()).contains("'If-None-Match'");
        assertThat(api.part(SignatureStore.class).find(new Message(message).id()))
                .isEmpty();
    }

    @Test
    void an_endless_list_of_tags_is_refused() throws Exception {
        assertThat(ask("If-None-Match: " + "\"a\",".repeat(2000)).status()).isEqualTo(400);
    }

    @Test
    void each_answer_tells_how_the_budget_stands() throws Exception {
        try (RunningApi own = RunningApi.on(
                TestServers.newDatabase(),
                upstream.baseUrl(),
                Map.of("crypto.api.quota.calls", "10", "crypto.api.quota.window", "60s"))) {
            RawHttp.Response first = own.sign(message);
            assertThat(first.header("RateLimit-Policy")).contains("\"upstream\";q=10;w=60");
            for (int i = 0; i < 3; i++) {
                own.sign(RunningApi.newMessage());
            }
            // Looked at once a second.
            await().until(() ->
                    own.sign(message).header("RateLimit").orElse("").matches("\"upstream\";r=6;t=(60|61|5[0-9])"));
        }
    }

    private RawHttp.Response ask(String header) throws IOException {
        return api.get("/crypto/sign?message=" + message, header);
    }
}
