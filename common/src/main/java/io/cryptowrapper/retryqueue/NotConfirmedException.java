package io.cryptowrapper.retryqueue;

/** The broker has not confirmed a message: it may have it or not. */
public class NotConfirmedException extends RuntimeException {

    private static final long serialVersionUID = 1;

    NotConfirmedException(String reason) {
        super(reason);
    }

    NotConfirmedException(String reason, Throwable cause) {
        super(reason, cause);
    }
}
