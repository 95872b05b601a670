package io.cryptowrapper.api;

import java.time.Duration;

/** The message was not accepted, so nothing is promised. */
final class NotAcceptedException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** About the time that a restarted Redis or RabbitMQ needs. */
    static final Duration RESTART = Duration.ofSeconds(5);

    /** The batches that are worked on are answered by then. */
    private static final Duration SOON = Duration.ofSeconds(2);

    private final transient Duration comeBackAfter;

    private NotAcceptedException(String message, Duration comeBackAfter) {
        super(message + " Nothing is promised: send it again later.");
        this.comeBackAfter = comeBackAfter;
    }

    /** Neither Redis nor RabbitMQ took it. */
    static NotAcceptedException unkept() {
        return new NotAcceptedException("The message could be neither stored nor queued in time.", RESTART);
    }

    /** @param pace how often a place becomes free */
    static NotAcceptedException full(Duration pace) {
        return new NotAcceptedException("As many messages wait as may (CRYPTO_RETRY_MAX_PENDING).", pace);
    }

    /** Redis did not take in time that a client is to be called back. */
    static NotAcceptedException callbackUnkept() {
        return new NotAcceptedException("The callback could not be taken note of in time.", RESTART);
    }

    /** It is not known in time where a client is to be called back. */
    static NotAcceptedException callbackUnresolved() {
        return new NotAcceptedException(
                "The host in the query parameter 'callback_url' was not found in time.", RESTART);
    }

    /** Callbacks wait for as many messages as may. */
    static NotAcceptedException noRoomForCallbacks() {
        return new NotAcceptedException(
                "Callbacks wait for as many messages as may wait (CRYPTO_RETRY_MAX_PENDING).", RESTART);
    }

    /** As many callbacks wait for one message as may. */
    static NotAcceptedException tooManyCallbacks() {
        return new NotAcceptedException("As many callbacks wait for this message as may.", RESTART);
    }

    /** As many clients stay as may. */
    static NotAcceptedException noPlace() {
        return new NotAcceptedException("As many clients wait as may (CRYPTO_WAITING_MAX_AT_ONCE).", RESTART);
    }

    /** As many batches are worked on as may. */
    static NotAcceptedException tooManyBatches() {
        return new NotAcceptedException("As many batches are worked on as may be (CRYPTO_BATCH_MAX_AT_ONCE).", SOON);
    }

    /** When it is worth another try. */
    Duration comeBackAfter() {
        return comeBackAfter;
    }
}
