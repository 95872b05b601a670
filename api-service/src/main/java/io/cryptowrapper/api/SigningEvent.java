package io.cryptowrapper.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.cryptowrapper.api.Turns.Turn;
import io.cryptowrapper.contract.SignResponse;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a message stands, as clients who follow it are told. What follows tells of the whole, so none needs those before
 * it.
 *
 * @param name of the kind of event
 * @param id the same for what tells the same; nobody needs it twice
 * @param data as JSON
 */
record SigningEvent(String name, String id, Object data) implements Stream.Event {

    private static final Pattern ID = Pattern.compile("[psr]-[0-9a-f]{12}-[0-9a-f]{8}");
    private static final int DIFFERENCE_BYTES = 4;
    private static final String PENDING = "pending";

    /** The contract's JSON, and what only those need who follow the message. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @JsonPropertyOrder({
        "last_status_code",
        "message",
        "next_attempt",
        "place",
        "retries",
        "retry_in_seconds",
        "success",
        "value"
    })
    private record Waiting(
            @JsonProperty("last_status_code") int lastStatusCode,
            String message,
            @JsonProperty("next_attempt") Instant nextAttempt,
            @Nullable Long place,
            @Nullable Integer retries,
            @JsonProperty("retry_in_seconds") long retryInSeconds,
            boolean success,
            String value) {}

    /** The end of a message. */
    static SigningEvent ended(Message message, Answer answer) {
        String name = answer instanceof Answer.Signed ? "signed" : "rejected";
        SignResponse response = answer.to(message);
        return new SigningEvent(name, id(name, message.id(), response.value()), response);
    }

    /**
     * A message that waits.
     *
     * @param retries how often it has been retried, where that is known
     * @param now from when on the turn is counted
     */
    static SigningEvent pending(Message message, Failure last, Turn turn, @Nullable Integer retries, Instant now) {
        Instant next = now.plus(turn.until()).plusMillis(999);
        String differs = last.statusCode() + " " + turn.place() + " " + retries + " " + last.body();
        return new SigningEvent(
                PENDING,
                id(PENDING, message.id(), differs),
                new Waiting(
                        last.statusCode(),
                        message.text(),
                        next.truncatedTo(ChronoUnit.SECONDS),
                        turn.place(),
                        retries,
                        SignResponse.seconds(turn.until()),
                        false,
                        last.body()));
    }

    /** Whether a text can be the id of an event. */
    static boolean isId(String text) {
        return ID.matcher(text).matches();
    }

    /** Whether this id is that of a message's end, after which there is nothing to follow. */
    static boolean isEndOf(MessageId message, String id) {
        return id.startsWith("s-" + message) || id.startsWith("r-" + message);
    }

    @Override
    public boolean isEnd() {
        return !name.equals(PENDING);
    }

    /** Whether it tells the same as an earlier one, its estimate included. */
    boolean tellsTheSameAs(@Nullable SigningEvent earlier) {
        return earlier != null
                && id.equals(earlier.id)
                && !(data instanceof Waiting now
                        && earlier.data instanceof Waiting then
                        && Duration.between(then.nextAttempt, now.nextAttempt)
                                        .abs()
                                        .compareTo(Duration.ofSeconds(1))
                                > 0);
    }

    private static String id(String name, MessageId message, String differs) {
        return name.charAt(0) + "-" + message + "-"
                + HexFormat.of().formatHex(Fingerprint.of(differs, DIFFERENCE_BYTES));
    }
}
