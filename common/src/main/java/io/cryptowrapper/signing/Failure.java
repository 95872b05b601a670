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

    /** The upstream was not called. */
    public static Failure notCalled(Obstacle why) {
        return new Failure(
                why.statusCode(), "The upstream was not called yet: " + why.reason() + ". The message is queued.");
    }
}
