package io.cryptowrapper.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.Signature;
import io.cryptowrapper.signing.UpstreamOutcome;
import io.cryptowrapper.signing.VerifyOutcome;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OutcomeReaderTest {

    private static final OutcomeReader.Headers NONE = new OutcomeReader.Headers("", "", "");
    private static final Message MESSAGE = new Message("m");
    private static final Instant NOW = Instant.parse("2026-11-25T08:00:00Z");

    private final OutcomeReader reader = reader("top-secret", Clock.fixed(NOW, ZoneOffset.UTC));

    @Test
    void a_200_with_text_is_a_signature_exactly_as_it_came() {
        assertThat(read(200, "text/plain", " c2ln\n")).isEqualTo(new UpstreamOutcome.Signed(new Signature(" c2ln\n")));
    }

    @Test
    void a_200_without_anything_visible_is_none() {
        assertThat(read(200, "text/plain", "")).isEqualTo(noSignature("empty"));
        assertThat(read(200, "text/plain", " \r\n")).isEqualTo(noSignature("empty"));
    }

    @Test
    void a_web_page_is_no_signature_whatever_it_says_of_itself() {
        assertThat(read(200, "Text/HTML; charset=utf-8", "sign in")).isEqualTo(noSignature("a web page"));
        assertThat(read(200, "", "\n <!doctype html>")).isEqualTo(noSignature("a web page"));
    }

    @Test
    void bytes_that_are_no_text_are_no_signature() {
        assertThat(reader.read(MESSAGE, 200, NONE, new byte[] {(byte) 0xff, 1})).isEqualTo(noSignature("not text"));
    }

    @Test
    void a_longer_body_than_any_signature_has_is_none() {
        assertThat(read(200, "", "x".repeat(OutcomeReader.MOST_BYTES))).isInstanceOf(UpstreamOutcome.Signed.class);
        assertThat(read(200, "", "x".repeat(OutcomeReader.MOST_BYTES + 1)))
                .isEqualTo(noSignature("longer than 16384 bytes"));
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 413, 414, 422})
    void some_statuses_reject_the_message_itself(int status) {
        assertThat(read(status, "", "bad")).isEqualTo(new UpstreamOutcome.Rejected(new Failure(status, "bad")));
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403})
    void some_statuses_refuse_the_key(int status) {
        assertThat(read(status, "", "who?")).isEqualTo(new UpstreamOutcome.KeyRefused(new Failure(status, "who?")));
    }

    @ParameterizedTest
    @ValueSource(ints = {201, 204, 206, 301, 302, 304, 404, 405, 408, 409, 429, 500, 502, 503, 504, 599})
    void all_other_statuses_are_failures_for_now(int status) {
        assertThat(read(status, "", "no")).isEqualTo(failed(status, "no", null));
    }

    @Test
    void an_error_without_a_body_is_told_in_words() {
        assertThat(read(500, "", " ")).isEqualTo(failed(500, "The upstream answered 500 without a body.", null));
    }

    @Test
    void a_key_that_an_error_quotes_is_hidden() {
        assertThat(read(401, "", "top-secret is wrong, top-secret!"))
                .isEqualTo(new UpstreamOutcome.KeyRefused(new Failure(401, "[key] is wrong, [key]!")));
    }

    @Test
    void each_word_of_a_key_that_could_be_the_secret_is_hidden() {
        var bearer = reader("Bearer abcdef0123456789", Clock.systemUTC());

        assertThat(bearer.read(MESSAGE, 401, NONE, "Bearer: abcdef0123456789 is wrong".getBytes(UTF_8)))
                .isEqualTo(new UpstreamOutcome.KeyRefused(new Failure(401, "Bearer: [key] is wrong")));
        assertThat(bearer.read(MESSAGE, 500, NONE, "Authorization: Bearer abcdef0123456789".getBytes(UTF_8)))
                .isEqualTo(failed(500, "Authorization: [key]", null));
    }

    @Test
    void an_answer_that_quotes_the_key_is_no_signature() {
        assertThat(read(200, "", "Authorization: top-secret")).isEqualTo(noSignature("a text with our key in it"));
        var shortKey = reader("c2l", Clock.systemUTC());
        assertThat(shortKey.read(MESSAGE, 200, NONE, "c2ln".getBytes(UTF_8)))
                .isEqualTo(new UpstreamOutcome.Signed(new Signature("c2ln")));
    }

    @Test
    void an_error_is_cut_where_it_gets_long() {
        UpstreamOutcome outcome = read(500, "", "x".repeat(OutcomeReader.MOST_BYTES + 1));

        assertThat(outcome).isEqualTo(failed(500, "x".repeat(OutcomeReader.MOST_BYTES), null));
    }

    @ParameterizedTest
    @CsvSource({
        "7, 7",
        "' 7 ', 7",
        "0, 0",
        "'Wed, 25 Nov 2026 08:01:00 GMT', 60",
        "'Wed, 25 Nov 2026 07:59:00 GMT',",
        "'Fri, 31 Dec 9999 23:59:59 GMT', 251606707199",
        "-1,",
        "1.5,",
        "soon,",
        "99999999999999999999,",
        "'',"
    })
    void a_retry_after_is_seconds_or_a_date_to_come(String header, @Nullable Long seconds) {
        assertThat(reader.read(MESSAGE, 503, new OutcomeReader.Headers("", header, ""), "busy".getBytes(UTF_8)))
                .isEqualTo(failed(503, "busy", seconds == null ? null : Duration.ofSeconds(seconds)));
    }

    @Test
    void a_date_to_wait_for_is_one_by_the_upstreams_clock_whatever_ours_says() {
        var headers = new OutcomeReader.Headers("", "Wed, 01 Jan 2020 00:00:30 GMT", "Wed, 01 Jan 2020 00:00:00 GMT");

        assertThat(reader.read(MESSAGE, 503, headers, "busy".getBytes(UTF_8)))
                .isEqualTo(failed(503, "busy", Duration.ofSeconds(30)));
    }

    @Test
    void a_signature_that_does_not_fit_is_a_failure_for_now() {
        var strict = new OutcomeReader(
                "top-secret",
                (message, signature) -> signature.equals(new Signature("signed " + message.text())),
                Clock.systemUTC());

        assertThat(strict.read(MESSAGE, 200, NONE, "signed m".getBytes(UTF_8)))
                .isEqualTo(new UpstreamOutcome.Signed(new Signature("signed m")));
        assertThat(strict.read(MESSAGE, 200, NONE, "signed x".getBytes(UTF_8)))
                .isEqualTo(failed(
                        200,
                        "The upstream answered 200, but its signature does not fit the message and the upstream's"
                                + " public key.",
                        null));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"valid\":true} | true",
                "{\"valid\":false} | false",
                "' { \"message\" : \"m\", \"valid\" : true }\n' | true"
            })
    void a_verdict_is_json_with_a_field_that_says_whether_it_is_valid(String body, boolean valid) {
        assertThat(reader.readVerdict(200, NONE, body.getBytes(UTF_8))).isEqualTo(new VerifyOutcome.Verdict(valid));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "true",
                "valid",
                "{}",
                "[]",
                "null",
                "{\"valid\":\"true\"}",
                "{\"valid\":null}",
                "{",
                "<html>"
            })
    void a_200_of_any_other_form_is_no_verdict(String body) {
        assertThat(reader.readVerdict(200, NONE, body.getBytes(UTF_8))).isEqualTo(noVerdict(200, null));
    }

    @Test
    void a_longer_body_than_is_read_is_no_verdict() {
        String body = "{\"valid\":true," + " ".repeat(OutcomeReader.MOST_BYTES) + "\"x\":1}";

        assertThat(reader.readVerdict(200, NONE, body.getBytes(UTF_8))).isEqualTo(noVerdict(200, null));
    }

    @ParameterizedTest
    @ValueSource(ints = {201, 204, 302, 400, 401, 403, 404, 413, 422, 429, 500, 502, 504})
    void another_status_is_no_verdict_whatever_the_body_says(int status) {
        assertThat(reader.readVerdict(status, NONE, "{\"valid\":true}".getBytes(UTF_8)))
                .isEqualTo(noVerdict(status, null));
    }

    @Test
    void a_pause_that_is_asked_for_instead_of_a_verdict_is_told() {
        assertThat(reader.readVerdict(429, new OutcomeReader.Headers("", "7", ""), new byte[0]))
                .isEqualTo(noVerdict(429, Duration.ofSeconds(7)));
    }

    private static VerifyOutcome noVerdict(int status, @Nullable Duration retryAfter) {
        return new VerifyOutcome.None(
                failed(status, "The upstream answered " + status + ", and gave no verdict.", retryAfter));
    }

    private static OutcomeReader reader(String key, Clock clock) {
        return new OutcomeReader(key, (message, signature) -> true, clock);
    }

    private UpstreamOutcome read(int status, String contentType, String body) {
        return reader.read(MESSAGE, status, new OutcomeReader.Headers(contentType, "", ""), body.getBytes(UTF_8));
    }

    private static UpstreamOutcome failed(int status, String body, @Nullable Duration retryAfter) {
        return new UpstreamOutcome.Failed(new Failure(status, body), retryAfter);
    }

    private static UpstreamOutcome noSignature(String what) {
        return failed(200, "The upstream answered 200, but its body is " + what + ": no signature.", null);
    }
}
