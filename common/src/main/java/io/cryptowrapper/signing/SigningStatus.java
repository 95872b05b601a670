package io.cryptowrapper.signing;

import java.time.Instant;

/** What has become of a message so far. */
public sealed interface SigningStatus {

    /** Whether a copy of the message that travels to this attempt, counted from 1, is still to be tried. */
    default boolean awaits(int attempt) {
        return this instanceof Pending pending && attempt >= pending.attempt();
    }

    /** Whether it stays as it is: nothing more is tried. */
    default boolean isFinal() {
        return !(this instanceof Pending);
    }

    /** There is a signature; this is final. */
    record Signed(Signature signature) implements SigningStatus {}

    /**
     * Accepted, and waiting for its next attempt.
     *
     * @param message the whole message, so that it can be queued again from here
     * @param last why there is no signature yet
     * @param attempt the number of the attempt it waits for, counted from 1; a queued copy with a smaller number is
     *     stale
     * @param acceptedAt when a client was first promised an answer
     */
    record Pending(Message message, Failure last, int attempt, Instant acceptedAt) implements SigningStatus {}

    /**
     * No retry can help: the upstream refuses this message, or it was given up. Forgotten soon, so that it can be tried
     * anew.
     */
    record Rejected(Failure last) implements SigningStatus {}
}
