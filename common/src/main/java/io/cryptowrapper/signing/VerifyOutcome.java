package io.cryptowrapper.signing;

/** What one call of the upstream, to verify a signature, came to. */
public sealed interface VerifyOutcome {

    /** The upstream has said whether the signature is the message's. */
    record Verdict(boolean valid) implements VerifyOutcome {}

    /**
     * It has not.
     *
     * @param why a failure, or that it was not called
     */
    record None(UpstreamOutcome why) implements VerifyOutcome {}
}
