package io.cryptowrapper.retryqueue;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.SigningStatus;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * What travels through the queues, as JSON, version 1.
 *
 * <pre>{@code {"v":1,"message":"…","attempt":1,"accepted_at":1764000000000}}</pre>
 *
 * @param message what is to be signed
 * @param attempt the number of the attempt it travels to, counted from 1; the broker's own counts differ between its
 *     versions
 * @param acceptedAt when a client was first promised an answer
 */
public record RetryMessage(Message message, int attempt, Instant acceptedAt) {

    /** More than any message has, however short its delays. */
    private static final int MOST_ATTEMPTS = 1_000_000_000;

    private static final JsonMapper JSON = JsonMapper.shared();

    public RetryMessage {
        if (attempt < 1) {
            throw new IllegalArgumentException("attempts are counted from 1");
        }
    }

    public static RetryMessage of(SigningStatus.Pending pending) {
        return new RetryMessage(pending.message(), pending.attempt(), pending.acceptedAt());
    }

    byte[] toJson() {
        return JSON.writeValueAsBytes(new Json(1, message.text(), attempt, acceptedAt.toEpochMilli()));
    }

    /** @throws UnreadableException with a reason that quotes nothing of the payload */
    static RetryMessage read(byte[] payload) {
        Json json;
        try {
            json = JSON.readValue(payload, Json.class);
        } catch (JacksonException e) {
            throw new UnreadableException("not the JSON of a retry message");
        }
        if (json == null || json.v() != 1) {
            throw new UnreadableException("not of version 1");
        }
        if (json.message() == null || json.message().isEmpty()) {
            throw new UnreadableException("without a message");
        }
        if (json.attempt() < 1 || json.attempt() > MOST_ATTEMPTS) {
            throw new UnreadableException("without a number of an attempt");
        }
        return new RetryMessage(new Message(json.message()), json.attempt(), Instant.ofEpochMilli(json.acceptedAt()));
    }

    @JsonPropertyOrder({"v", "message", "attempt", "accepted_at"})
    private record Json(
            int v,
            @Nullable String message,
            int attempt,
            @JsonProperty("accepted_at") long acceptedAt) {}

    /** A payload that no retry can help. */
    static final class UnreadableException extends RuntimeException {
        private static final long serialVersionUID = 1;

        UnreadableException(String reason) {
            super(reason);
        }
    }
}
