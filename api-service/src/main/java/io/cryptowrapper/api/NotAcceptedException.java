package io.cryptowrapper.api;

import java.time.Duration;

/** The message was not accepted, so nothing is promised. */
final class NotAcceptedException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** About the time that a restarted Redis or RabbitMQ needs. */
    static final Duration RESTART = Duration.ofSeconds(5);

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

    /** As many clients stay as may. */
    static NotAcceptedException noPlace() {
        return new NotAcceptedException("As many clients wait as may (CRYPTO_WAITING_MAX_AT_ONCE).", RESTART);
    }

    /** When it is worth another try. */
    Duration comeBackAfter() {
        return comeBackAfter;
    }
}
