package io.cryptowrapper.delivery;

import java.time.Duration;
import java.util.Optional;

/** What came of an attempt. */
sealed interface Outcome {

    /** The receiver has it. */
    record Delivered(int status) implements Outcome {}

    /** The receiver wants no more of it: 410. */
    record Gone() implements Outcome {}

    /**
     * It is to be tried again.
     *
     * @param reason for the log and for operators, without a secret
     * @param pause what the receiver asks for
     */
    record Failed(String reason, Optional<Duration> pause) implements Outcome {

        static Failed because(String reason) {
            return new Failed(reason, Optional.empty());
        }
    }
}
