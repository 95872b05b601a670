package io.cryptowrapper.api;

import io.cryptowrapper.results.Backlog;
import io.cryptowrapper.results.WaitingLine;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.Place;
import io.cryptowrapper.signing.RetryPolicy;
import io.cryptowrapper.upstream.UpstreamQuota;
import java.time.Duration;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/** Estimates when a waiting message will be tried: from its place in the line, or else from the depth of the queue. */
@Component
class Turns {

    private final WaitingLine line;
    private final Backlog backlog;
    private final UpstreamQuota quota;
    private final RetryPolicy policy;

    Turns(WaitingLine line, Backlog backlog, UpstreamQuota quota, RetryPolicy policy) {
        this.line = line;
        this.backlog = backlog;
        this.quota = quota;
        this.policy = policy;
    }

    /** Lets a message stand in line for its attempt. */
    void join(MessageId id, int attempt) {
        line.join(id, policy.delayBefore(attempt));
    }

    /** Takes a message out of the line that waits no more. */
    void leave(MessageId id) {
        line.leave(id);
    }

    Duration untilTurnOf(MessageId id) {
        try {
            // Where Redis has lost the line, the message is somewhere in the queue: say what is true of its end.
            Place place = line.placeOf(id)
                    .orElseGet(() -> Place.behind(backlog.depth().orElse(0)));
            return policy.untilTurn(place, quota.untilRetryAfter(place.ahead()));
        } catch (DataAccessException redisIsDown) {
            return whenUnknown();
        }
    }

    /** What can be said without Redis: no message is tried sooner. */
    Duration whenUnknown() {
        return policy.delayBefore(1);
    }
}
