package io.cryptowrapper.api;

/** Neither Redis nor RabbitMQ took the message, so nothing can be promised. */
final class NotAcceptedException extends RuntimeException {

    private static final long serialVersionUID = 1;

    NotAcceptedException() {
        super("The message could be neither stored nor queued at the moment. Nothing was accepted: send it again"
                + " later.");
    }
}
