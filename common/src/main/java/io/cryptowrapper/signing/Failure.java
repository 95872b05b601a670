package io.cryptowrapper.signing;

import java.time.Duration;

/**
 * What is known of a call that gave no signature.
 *
 * @param statusCode the upstream's HTTP status, or the one that says best why there is none
 * @param body the upstream's error body, or a sentence where it sent none
 */
public record Failure(int statusCode, String body) {

    /** The upstream took longer than {@code limit}. */
    public static Failure noAnswerWithin(Duration limit) {
        return new Failure(504, "The upstream did not answer within " + limit.toMillis() + " ms.");
    }

    /** No connection, or one that broke; {@code why} completes the sentence. */
    public static Failure connection(String why) {
        return new Failure(502, "The connection to the upstream failed: " + why + ".");
    }

    /** Something went wrong in the wrapper itself. */
    public static Failure unforeseen() {
        return new Failure(500, "The attempt failed in the wrapper itself; its log says why. The message is queued.");
    }

    /** The upstream was not called, because its budget was spent. */
    public static Failure quotaUsedUp() {
        return new Failure(429, "The upstream was not called yet: its quota is used up. The message is queued.");
    }

    /** The upstream was not called, because it has too many calls to answer already. */
    public static Failure tooManyCalls() {
        return new Failure(
                504, "The upstream was not called yet: too many calls wait for its answer. The message is queued.");
    }

    /** The upstream was not called, because nobody can tell whether its budget allows it. */
    public static Failure quotaUnknown() {
        return new Failure(
                429, "The upstream was not called yet: its quota cannot be read at the moment. The message is queued.");
    }
}
