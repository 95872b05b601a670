package io.cryptowrapper.callbacks;

/** A payload that no attempt can help. */
public class UnreadableCallbackException extends RuntimeException {

    private static final long serialVersionUID = 1;

    UnreadableCallbackException(String reason) {
        super(reason);
    }
}
