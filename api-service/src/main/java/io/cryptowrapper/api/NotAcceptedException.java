package io.cryptowrapper.api;

/** Neither Redis nor RabbitMQ took the message, so nothing can be promised. */
final class NotAcceptedException extends RuntimeException {

    private static final long serialVersionUID = 1;

    NotAcceptedException() {
        super("The message could be neither stored nor queued in time. Nothing is promised: send it again later.");
    }
}
