package io.cryptowrapper.api;

/** A request without a key that is known. It does not say what is wrong: that would help in guessing. */
final class NoClientKeyException extends RuntimeException {

    private static final long serialVersionUID = 1;

    NoClientKeyException() {
        super("The header 'Authorization' must be given once, with a client's key: Authorization: Bearer <key>");
    }
}
