package io.cryptowrapper.api;

import io.cryptowrapper.results.WaitingLine;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.Place;
import io.cryptowrapper.signing.RetryPolicy;
import io.cryptowrapper.upstream.UpstreamQuota;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.LongSummaryStatistics;
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

    /** Lets messages stand in line for their first attempts. */
    void join(List<MessageId> ids) {
        line.join(ids, policy.delayBefore(1));
    }

    /**
     * How long it will be until each of these is tried, in the same order. The budget is asked for the first and the
     * last of them; in between, it gives calls evenly.
     */
    List<Duration> untilTurnsOf(List<MessageId> ids) {
        try {
            List<Optional<Place>> known = line.placesOf(ids);
            LongSummaryStatistics ahead = known.stream()
                    .flatMap(Optional::stream)
                    .mapToLong(Place::ahead)
                    .summaryStatistics();
            if (ahead.getCount() == 0) {
                return ids.stream().map(this::untilTurnOf).toList();
            }
            Duration first = quota.untilRetryAfter(ahead.getMin());
            Duration more = quota.untilRetryAfter(ahead.getMax()).minus(first);
            long others = Math.max(1, ahead.getMax() - ahead.getMin());
            Duration silence = workers.silence();
            List<Duration> turns = new ArrayList<>();
            for (int i = 0; i < ids.size(); i++) {
                MessageId id = ids.get(i);
                turns.add(known.get(i)
                        .map(place -> policy.untilTurn(
                                        place,
                                        first.plus(more.multipliedBy(place.ahead() - ahead.getMin())
                                                .dividedBy(others)))
                                .plus(silence))
                        .orElseGet(() -> untilTurnOf(id)));
            }
            return turns;
        } catch (DataAccessException redisIsDown) {
            return Collections.nCopies(ids.size(), whenUnknown());
        }
    }

    /** What can be said without Redis: no message is tried sooner. */
    Duration whenUnknown() {
        return policy.delayBefore(1);
    }
}
