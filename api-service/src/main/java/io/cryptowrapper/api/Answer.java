package io.cryptowrapper.api;

import io.cryptowrapper.contract.SignResponse;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.Signature;
import java.time.Duration;

/** What a client is told. */
sealed interface Answer {

    record Signed(Signature signature) implements Answer {}

    /**
     * Not yet signed.
     *
     * @param nextTry the estimated time until the message is tried again
     */
    record Pending(Failure last, Duration nextTry) implements Answer {}

    record Rejected(Failure last) implements Answer {}

    /** What is told to a client who asked for this message. */
    default SignResponse to(Message message) {
        return switch (this) {
            case Signed(Signature signature) -> SignResponse.signed(message, signature);
            case Pending(Failure last, Duration nextTry) -> SignResponse.pending(message, last, nextTry);
            case Rejected(Failure last) -> SignResponse.rejected(message, last);
        };
    }
}
