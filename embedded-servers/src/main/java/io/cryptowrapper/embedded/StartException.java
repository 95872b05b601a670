package io.cryptowrapper.embedded;

/** Says in one sentence why something cannot start, and what to do. */
public final class StartException extends RuntimeException {

    private static final long serialVersionUID = 1;

    public StartException(String sentence) {
        super(sentence);
    }

    public StartException(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
