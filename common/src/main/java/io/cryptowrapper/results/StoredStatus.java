package io.cryptowrapper.results;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.Signature;
import io.cryptowrapper.signing.SigningStatus;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The JSON in Redis, version 1. Fields may be added; one that changes its meaning makes a version 2.
 *
 * <pre>{@code
 * {"v":1,"state":"signed","value":"…"}
 * {"v":1,"state":"pending","message":"…","attempt":2,"accepted_at":1764000000000,"status":502,"value":"…"}
 * {"v":1,"state":"rejected","status":422,"value":"…"}
 * {"v":1,"state":"claimed"}
 * }</pre>
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonPropertyOrder({"v", "state", "message", "attempt", "accepted_at", "status", "value"})
record StoredStatus(
        int v,
        String state,
        @Nullable String message,
        @Nullable Integer attempt,
        @JsonProperty("accepted_at") @Nullable Long acceptedAt,
        @Nullable Integer status,
        @Nullable String value) {

    static final StoredStatus CLAIMED = new StoredStatus(1, "claimed", null, null, null, null, null);

    private static final JsonMapper JSON = JsonMapper.shared();

    static StoredStatus of(SigningStatus status) {
        return switch (status) {
            case SigningStatus.Signed(Signature signature) ->
                new StoredStatus(1, "signed", null, null, null, null, signature.value());
            case SigningStatus.Pending(Message message, Failure last, int attempt, Instant acceptedAt) ->
                new StoredStatus(
                        1,
                        "pending",
                        message.text(),
                        attempt,
                        acceptedAt.toEpochMilli(),
                        last.statusCode(),
                        last.body());
            case SigningStatus.Rejected(Failure last) ->
                new StoredStatus(1, "rejected", null, null, null, last.statusCode(), last.body());
        };
    }

    String toJson() {
        return JSON.writeValueAsString(this);
    }

    /** Nothing for a claim, and for what this version cannot read: that is replaced like a claim. */
    static Optional<SigningStatus> read(@Nullable String json) {
        if (json == null) {
            return Optional.empty();
        }
        try {
            return Optional.ofNullable(JSON.readValue(json, StoredStatus.class).toStatus());
        } catch (JacksonException | NullPointerException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private @Nullable SigningStatus toStatus() {
        if (v != 1) {
            return null;
        }
        return switch (state) {
            case "signed" -> new SigningStatus.Signed(new Signature(Objects.requireNonNull(value)));
            case "pending" ->
                new SigningStatus.Pending(
                        new Message(Objects.requireNonNull(message)),
                        failure(),
                        Objects.requireNonNull(attempt),
                        Instant.ofEpochMilli(Objects.requireNonNull(acceptedAt)));
            case "rejected" -> new SigningStatus.Rejected(failure());
            default -> null;
        };
    }

    private Failure failure() {
        return new Failure(Objects.requireNonNull(status), Objects.requireNonNull(value));
    }
}
