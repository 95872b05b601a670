package io.cryptowrapper.upstream;

import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Signature;
import io.cryptowrapper.signing.UpstreamOutcome;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Tells what an upstream's response means: the one place that decides what a signature is. */
final class OutcomeReader {

    /** The longest body that is read. A signature is shorter; an error body is cut. */
    static final int MOST_BYTES = 16 * 1024;

    /** What is shorter, such as "Bearer", is no secret, or stands in a signature by chance. */
    private static final int SHORTEST_SECRET = 8;

    /** The key and each of its words; an upstream may quote a part. The longest are first. */
    private final List<String> secrets;

    private final Clock clock;

    OutcomeReader(String key, Clock clock) {
        this.secrets = Stream.concat(
                        Stream.of(key), Stream.of(key.split("\\s+")).filter(word -> word.length() >= SHORTEST_SECRET))
                .distinct()
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList();
        this.clock = clock;
    }

    /** What counts of an answer's headers; each empty if it is not there. */
    record Headers(String contentType, String retryAfter, String date) {}

    UpstreamOutcome read(int status, Headers headers, byte[] body) {
        return switch (status) {
            case 200 -> signatureIn(headers.contentType(), body);
            case 400, 413, 414, 422 -> new UpstreamOutcome.Rejected(failure(status, body));
            case 401, 403 -> new UpstreamOutcome.KeyRefused(failure(status, body));
            default -> new UpstreamOutcome.Failed(failure(status, body), delay(headers));
        };
    }

    private UpstreamOutcome signatureIn(String contentType, byte[] body) {
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
        return new UpstreamOutcome.Signed(new Signature(text));
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

    /** RFC 9110, 10.2.3: seconds, or a date, which is one by the upstream's own clock. */
    private @Nullable Duration delay(Headers headers) {
        String value = headers.retryAfter().strip();
        if (value.matches("[0-9]{1,9}")) {
            return Duration.ofSeconds(Long.parseLong(value));
        }
        try {
            Duration until = Duration.between(now(headers), instant(value));
            return until.isPositive() ? until : null;
        } catch (DateTimeException e) {
            return null;
        }
    }

    private Instant now(Headers headers) {
        try {
            return instant(headers.date());
        } catch (DateTimeException e) {
            return clock.instant();
        }
    }

    private static Instant instant(String date) {
        return ZonedDateTime.parse(date.strip(), DateTimeFormatter.RFC_1123_DATE_TIME)
                .toInstant();
    }
}
