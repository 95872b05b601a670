package io.cryptowrapper.broker;

/** The broker has not confirmed a message: it may have it or not. */
public class NotConfirmedException extends RuntimeException {

    private static final long serialVersionUID = 1;

    public NotConfirmedException(String reason) {
        super(reason);
    }

    public NotConfirmedException(String reason, Throwable cause) {
        super(reason, cause);
    }
}
