package io.cryptowrapper.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.Signature;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The JSON that clients get. Its fields and their order are a contract. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonPropertyOrder({"last_status_code", "message", "retry_in_seconds", "success", "value"})
record SignResponse(
        @JsonProperty("last_status_code") int lastStatusCode,
        String message,
        @JsonProperty("retry_in_seconds") @Nullable Long retryInSeconds,
        boolean success,
        String value) {

    static SignResponse of(Message message, Answer answer) {
        return switch (answer) {
            case Answer.Signed(Signature signature) ->
                new SignResponse(200, message.text(), null, true, signature.value());
            case Answer.Pending(Failure last, Duration nextTry) ->
                new SignResponse(last.statusCode(), message.text(), seconds(nextTry), false, last.body());
            case Answer.Rejected(Failure last) ->
                new SignResponse(last.statusCode(), message.text(), null, false, last.body());
        };
    }

    /** Rounded up, so that nobody comes back too early, and never below one. */
    static long seconds(Duration time) {
        return Math.max(1, time.plusMillis(999).toSeconds());
    }
}
