package io.cryptowrapper.api;

import io.cryptowrapper.results.WaitingLine;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.Place;
import io.cryptowrapper.signing.RetryPolicy;
import io.cryptowrapper.upstream.UpstreamQuota;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/** Estimates when a waiting message will be tried: from its place in the line, or else from the depth of the queue. */
@Component
class Turns {

    private final WaitingLine line;
    private final Workers workers;
    private final UpstreamQuota quota;
    private final RetryPolicy policy;

    Turns(WaitingLine line, Workers workers, UpstreamQuota quota, RetryPolicy policy) {
        this.line = line;
        this.workers = workers;
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

    /**
     * How long it will be until a message is tried. Where there has been no worker for some time, as long again is
     * added: nobody knows when there will be one, and each poll finds more.
     */
    Duration untilTurnOf(MessageId id) {
        return turnOf(id).until();
    }

    /**
     * A message's turn.
     *
     * @param until how long it will be
     * @param place the place in the line, counted from 1, where it is known
     */
    record Turn(Duration until, @Nullable Long place) {}

    /** The same, and the place. */
    Turn turnOf(MessageId id) {
        try {
            Optional<Place> known = line.placeOf(id);
            // Where Redis has lost the line, the message is somewhere in the queue: say what is true of its end.
            Place place = known.orElseGet(() ->
                    Place.behind(workers.depth().map(Workers.Depth::messages).orElse(0L)));
            Duration until = policy.untilTurn(place, quota.untilRetryAfter(place.ahead()))
                    .plus(workers.silence());
            return new Turn(until, known.isEmpty() ? null : place.ahead() + 1);
        } catch (DataAccessException redisIsDown) {
            return new Turn(whenUnknown(), null);
        }
    }

    /** What can be said without Redis: no message is tried sooner. */
    Duration whenUnknown() {
        return policy.delayBefore(1);
    }
}
