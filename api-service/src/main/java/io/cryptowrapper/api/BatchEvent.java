package io.cryptowrapper.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.cryptowrapper.contract.SignResponse;
import io.cryptowrapper.signing.Message;

/**
 * What those are told who follow a batch.
 *
 * @param name of the kind of event
 * @param id counts the events of this stream
 * @param data as JSON
 */
record BatchEvent(String name, String id, Object data) implements Stream.Event {

    private static final String DONE = "done";

    /** How many messages have come to which end. */
    @JsonPropertyOrder({"done", "refused", "rejected", "signed", "total"})
    record Progress(int done, int refused, int rejected, int signed, int total) {

        Progress and(Ended one) {
            return new Progress(
                    done + 1,
                    refused + (one instanceof Refusal ? 1 : 0),
                    rejected + (one instanceof Answered answered && !answered.success ? 1 : 0),
                    signed + (one instanceof Answered answered && answered.success ? 1 : 0),
                    total);
        }

        boolean isWhole() {
            return done == total;
        }

        BatchEvent asEvent(long id) {
            return new BatchEvent(isWhole() ? DONE : "progress", Long.toString(id), this);
        }
    }

    /** The end of the message at an index. */
    sealed interface Ended permits Answered, Refusal {

        default BatchEvent asEvent(long id) {
            String name = this instanceof Answered answered ? answered.success ? "signed" : "rejected" : "refused";
            return new BatchEvent(name, Long.toString(id), this);
        }
    }

    /** The contract's JSON, and where it belongs. */
    @JsonPropertyOrder({"index", "last_status_code", "message", "success", "value"})
    record Answered(
            int index,
            @JsonProperty("last_status_code") int lastStatusCode,
            String message,
            boolean success,
            String value)
            implements Ended {}

    static Ended ended(int index, Message message, Answer answer) {
        SignResponse response = answer.to(message);
        return new Answered(index, response.lastStatusCode(), response.message(), response.success(), response.value());
    }

    @Override
    public boolean isEnd() {
        return name.equals(DONE);
    }
}
