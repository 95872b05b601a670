package io.cryptowrapper.upstream;

import io.cryptowrapper.http.RetryAfter;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.Signature;
import io.cryptowrapper.signing.UpstreamOutcome;
import io.cryptowrapper.signing.VerifyOutcome;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.BiPredicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Tells what an upstream's response means: the one place that decides what a signature is. */
final class OutcomeReader {

    /** The longest body that is read. A signature is no longer; an error body is cut. */
    static final int MOST_BYTES = Signature.MOST_BYTES;

    /** What is shorter, such as "Bearer", is no secret, or stands in a signature by chance. */
    private static final int SHORTEST_SECRET = 8;

    /** The key and each of its words; an upstream may quote a part. The longest are first. */
    private final List<String> secrets;

    private final BiPredicate<Message, Signature> check;
    private final Clock clock;

    /** @param check whether a signature may be the message's */
    OutcomeReader(String key, BiPredicate<Message, Signature> check, Clock clock) {
        this.secrets = Stream.concat(
                        Stream.of(key), Stream.of(key.split("\\s+")).filter(word -> word.length() >= SHORTEST_SECRET))
                .distinct()
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList();
        this.check = check;
        this.clock = clock;
    }

    /** What counts of an answer's headers; each empty if it is not there. */
    record Headers(String contentType, String retryAfter, String date) {}

    /** Reads the answer to a message that was to be signed. */
    UpstreamOutcome read(Message message, int status, Headers headers, byte[] body) {
        return switch (status) {
            case 200 -> signatureIn(headers.contentType(), body, message);
            case 400, 413, 414, 422 -> new UpstreamOutcome.Rejected(failure(status, body));
            case 401, 403 -> new UpstreamOutcome.KeyRefused(failure(status, body));
            default -> new UpstreamOutcome.Failed(failure(status, body), delay(headers));
        };
    }

    /**
     * Reads the answer to a signature that was to be verified. It says nothing of our key: an upstream may well refuse
     * to verify for whom it signs, and to sign for others would not be helped by a pause.
     */
    VerifyOutcome readVerdict(int status, Headers headers, byte[] body) {
        Boolean valid = status == 200 ? validIn(body) : null;
        return valid != null
                ? new VerifyOutcome.Verdict(valid)
                : new VerifyOutcome.None(new UpstreamOutcome.Failed(
                        new Failure(status, "The upstream answered " + status + ", and gave no verdict."),
                        status == 200 ? null : delay(headers)));
    }

    private static @Nullable Boolean validIn(byte[] body) {
        if (body.length > MOST_BYTES) {
            return null;
        }
        try {
            JsonNode valid = JsonMapper.shared().readTree(body).path("valid");
            return valid.isBoolean() ? valid.booleanValue() : null;
        } catch (JacksonException noJson) {
            return null;
        }
    }

    private UpstreamOutcome signatureIn(String contentType, byte[] body, Message message) {
        if (body.length > MOST_BYTES) {
            return noSignature("longer than " + MOST_BYTES + " bytes");
        }
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body))
                    .toString();
        } catch (CharacterCodingException e) {
            return noSignature("not text");
        }
        if (text.isBlank()) {
            return noSignature("empty");
        }
        // A page of a proxy or a login form, not of the signing API.
        if (contentType.toLowerCase(Locale.ROOT).contains("html")
                || text.stripLeading().startsWith("<")) {
            return noSignature("a web page");
        }
        if (secrets.stream().anyMatch(secret -> secret.length() >= SHORTEST_SECRET && text.contains(secret))) {
            return noSignature("a text with our key in it");
        }
        var signature = new Signature(text);
        if (!check.test(message, signature)) {
            return new UpstreamOutcome.Failed(
                    new Failure(
                            200,
                            "The upstream answered 200, but its signature does not fit the message and the upstream's"
                                    + " public key."),
                    null);
        }
        return new UpstreamOutcome.Signed(signature);
    }

    private static UpstreamOutcome noSignature(String what) {
        return new UpstreamOutcome.Failed(
                new Failure(200, "The upstream answered 200, but its body is " + what + ": no signature."), null);
    }

    private Failure failure(int status, byte[] body) {
        String text = new String(Arrays.copyOf(body, Math.min(body.length, MOST_BYTES)), StandardCharsets.UTF_8);
        return new Failure(
                status, text.isBlank() ? "The upstream answered " + status + " without a body." : withoutSecrets(text));
    }

    /** An upstream may quote the key that it refuses. */
    private String withoutSecrets(String text) {
        String shown = text;
        for (String secret : secrets) {
            shown = shown.replace(secret, "[key]");
        }
        return shown;
    }

    /** A date is one by the upstream's own clock. */
    private @Nullable Duration delay(Headers headers) {
        Instant now = RetryAfter.date(headers.date()).orElseGet(clock::instant);
        return RetryAfter.read(headers.retryAfter(), now).orElse(null);
    }
}
