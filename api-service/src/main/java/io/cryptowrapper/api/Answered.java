package io.cryptowrapper.api;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An answer, and where it comes from.
 *
 * @param left how long it will be kept, where that is known
 */
record Answered(Answer answer, Source source, @Nullable Duration left) {

    enum Source {
        /** It was known before. */
        STORED,
        /** It was known to this process before, while Redis could not be asked. */
        REMEMBERED,
        /** The upstream was called for it. */
        CALLED,
        /** Another caller's call was waited for. */
        SHARED,
        /** There was no call yet: the budget is used up, or cannot be known. */
        NOT_CALLED,
        /** Something was slow; this was true before it came to an end. */
        UNFINISHED
    }

    static Answered from(Source source, Answer answer) {
        return new Answered(answer, source, null);
    }
}
