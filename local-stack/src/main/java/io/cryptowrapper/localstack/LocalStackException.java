package io.cryptowrapper.localstack;

/** Says in one sentence why the stack cannot run, and what to do. */
public final class LocalStackException extends RuntimeException {

    private static final long serialVersionUID = 1;

    LocalStackException(String sentence) {
        super(sentence);
    }

    LocalStackException(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
