package io.cryptowrapper.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.cryptowrapper.signing.Message;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/**
 * What is told, as JSON, in the place of a message of a batch that was not accepted.
 *
 * @param index where it belongs, if that cannot be seen otherwise
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonPropertyOrder({"detail", "index", "message", "status", "title"})
record Refusal(String detail, @Nullable Integer index, String message, int status, String title)
        implements BatchEvent.Ended {

    static Refusal of(Message message, @Nullable Integer index, NotAcceptedException reason) {
        HttpStatus status = HttpStatus.SERVICE_UNAVAILABLE;
        return new Refusal(
                String.valueOf(reason.getMessage()), index, message.text(), status.value(), status.getReasonPhrase());
    }
}
