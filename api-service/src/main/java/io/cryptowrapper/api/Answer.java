package io.cryptowrapper.api;

import io.cryptowrapper.signing.Failure;
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
}
