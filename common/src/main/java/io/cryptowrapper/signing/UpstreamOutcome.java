package io.cryptowrapper.signing;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What one call of the upstream came to. */
public sealed interface UpstreamOutcome {

    /** A signature. */
    record Signed(Signature signature) implements UpstreamOutcome {}

    /**
     * No signature this time.
     *
     * @param retryAfter how long the upstream asks not to be called, if it said so
     */
    record Failed(Failure failure, @Nullable Duration retryAfter) implements UpstreamOutcome {}

    /** The upstream refuses the message itself (400, 413, 414, 422), so it would do so again. */
    record Rejected(Failure failure) implements UpstreamOutcome {}

    /** The upstream refuses our key (401, 403): the operator's fault, not the message's. */
    record KeyRefused(Failure failure) implements UpstreamOutcome {}

    /**
     * Nothing was sent.
     *
     * @param why the grant had become too old to be used and could not be renewed, or too many calls were under way
     */
    record NotCalled(Obstacle why) implements UpstreamOutcome {}
}
