package io.cryptowrapper.contract;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.Signature;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** The JSON that clients get, as an answer or by a callback. Its fields and their order are a contract. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonPropertyOrder({"last_status_code", "message", "retry_in_seconds", "success", "value"})
public record SignResponse(
        @JsonProperty("last_status_code") int lastStatusCode,
        String message,
        @JsonProperty("retry_in_seconds") @Nullable Long retryInSeconds,
        boolean success,
        String value) {

    private static final JsonMapper JSON = JsonMapper.shared();

    /** Of a message that has a signature. */
    public static SignResponse signed(Message message, Signature signature) {
        return new SignResponse(200, message.text(), null, true, signature.value());
    }

    /** Of one that waits, with the time until it is tried again. */
    public static SignResponse pending(Message message, Failure last, Duration nextTry) {
        return new SignResponse(last.statusCode(), message.text(), seconds(nextTry), false, last.body());
    }

    /** Of one that no retry can help. */
    public static SignResponse rejected(Message message, Failure last) {
        return new SignResponse(last.statusCode(), message.text(), null, false, last.body());
    }

    /** The same text as the body of an answer. */
    public String toJson() {
        return JSON.writeValueAsString(this);
    }

    /** Rounded up, so that nobody comes back too early, and never below one. */
    public static long seconds(Duration time) {
        return Math.max(1, time.plusMillis(999).toSeconds());
    }
}
