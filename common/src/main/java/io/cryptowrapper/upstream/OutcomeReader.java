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
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Tells what an upstream's response means: the one place that decides what a signature is. */
final class OutcomeReader {

    /** The longest body that is read. A signature is shorter; an error body is cut. */
    static final int MOST_BYTES = 16 * 1024;

    private final String key;
    private final Clock clock;

    OutcomeReader(String key, Clock clock) {
        this.key = key;
        this.clock = clock;
    }

    UpstreamOutcome read(int status, String contentType, String retryAfter, byte[] body) {
        return switch (status) {
            case 200 -> signatureIn(contentType, body);
            case 400, 413, 414, 422 -> new UpstreamOutcome.Rejected(failure(status, body));
            case 401, 403 -> new UpstreamOutcome.KeyRefused(failure(status, body));
            default -> new UpstreamOutcome.Failed(failure(status, body), delay(retryAfter));
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
        return new UpstreamOutcome.Signed(new Signature(text));
    }

    private static UpstreamOutcome noSignature(String what) {
        return new UpstreamOutcome.Failed(
                new Failure(200, "The upstream answered 200, but its body is " + what + ": no signature."), null);
    }

    private Failure failure(int status, byte[] body) {
        String text = new String(Arrays.copyOf(body, Math.min(body.length, MOST_BYTES)), StandardCharsets.UTF_8);
        // An upstream may quote the key that it refuses.
        return new Failure(
                status,
                text.isBlank() ? "The upstream answered " + status + " without a body." : text.replace(key, "[key]"));
    }

    /** RFC 9110, 10.2.3: seconds, or a date. */
    private @Nullable Duration delay(String retryAfter) {
        String value = retryAfter.strip();
        if (value.matches("[0-9]{1,9}")) {
            return Duration.ofSeconds(Long.parseLong(value));
        }
        try {
            Duration until = Duration.between(
                    clock.instant(),
                    ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME)
                            .toInstant());
            return until.isPositive() ? until : null;
        } catch (DateTimeException e) {
            return null;
        }
    }
}
