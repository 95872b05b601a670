package io.cryptowrapper.callbacks;

/**
 * A callback may not go where it is to go. Its message is a sentence for the client, and tells nothing of the network
 * that this process is in: not even whether a name is known there.
 */
public class CallbackRefusedException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final Reason reason;

    /** What stands in the way. */
    public enum Reason {
        /** The URL cannot be one that is called, whatever its host is. */
        MALFORMED,
        /** The host has no address, or not only public ones. */
        NOT_PUBLIC,
        /** It is not known in time where the host is; later it may be. */
        NOT_RESOLVED_IN_TIME
    }

    CallbackRefusedException(Reason reason, String sentence) {
        super(sentence);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
