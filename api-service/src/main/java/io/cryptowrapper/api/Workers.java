package io.cryptowrapper.api;

import io.cryptowrapper.results.Backlog;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/** Whether any worker is at work, as far as the reports of the backlog tell; without one, nothing is retried. */
@Component("workers")
class Workers implements HealthIndicator {

    /** Each worker reports every two seconds while it reaches the queue and Redis. */
    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(30);

    /** Estimates for thousands of clients cost one look a second. */
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

    private final Supplier<Optional<Backlog.Report>> backlog;
    private final LongSupplier nanoTime;
    private volatile Look last;

    /**
     * What was seen. Times are by the clock of nanoseconds.
     *
     * @param answered whether Redis did; if not, the report is the one that was seen before
     * @param at when that was
     * @param since from when on a worker could have been heard of: not while Redis was away, or before it had forgotten
     */
    private record Look(Optional<Backlog.Report> report, boolean answered, long at, long since) {

        Look next(Optional<Backlog.Report> newer, long now) {
            if (newer.isPresent() == report.isPresent()) {
                return new Look(newer, true, now, since);
            }
            return new Look(
                    newer,
                    true,
                    now,
                    newer.map(first -> now - first.age().toNanos()).orElse(now));
        }

        Look unanswered(long now) {
            Duration meanwhile = Duration.ofNanos(now - at);
            return new Look(
                    report.map(old -> new Backlog.Report(old.depth(), old.age().plus(meanwhile))), false, now, now);
        }

        Duration silence(long now) {
            Duration possible = Duration.ofNanos(now - since);
            Duration silence = report.map(Backlog.Report::age)
                    .filter(age -> age.compareTo(possible) < 0)
                    .orElse(possible);
            return answered && silence.compareTo(LONGEST_SILENCE) > 0 ? silence : Duration.ZERO;
        }
    }

    /** How many messages waited at a moment, by the clock of nanoseconds. */
    record Depth(long messages, long at) {}

    @Autowired
    Workers(Backlog backlog) {
        this(backlog::latest, System::nanoTime);
    }

    Workers(Supplier<Optional<Backlog.Report>> backlog, LongSupplier nanoTime) {
        this.backlog = backlog;
        this.nanoTime = nanoTime;
        long now = nanoTime.getAsLong();
        this.last = new Look(Optional.empty(), true, now - LOOK_AGAIN.toNanos(), now);
    }

    /** For how long no worker has been heard of; nothing while some are, or Redis does not answer. */
    Duration silence() {
        return look().silence(nanoTime.getAsLong());
    }

    /** Whether Redis knows of no worker that counts the messages in the queue. */
    boolean areAbsent() {
        Look seen = look();
        return seen.answered()
                && (seen.report().isEmpty()
                        || !seen.silence(nanoTime.getAsLong()).isZero());
    }

    /** What a worker last counted in the queue, as far as is known here. */
    Optional<Depth> depth() {
        Look seen = look();
        return seen.report()
                .map(report ->
                        new Depth(report.depth(), seen.at() - report.age().toNanos()));
    }

    @Override
    public Health health() {
        if (!look().answered()) {
            // Which is told by Redis's own part of the health.
            return Health.unknown().build();
        }
        return silence().isZero() ? Health.up().build() : Health.down().build();
    }

    private Look look() {
        Look seen = last;
        long now = nanoTime.getAsLong();
        if (now - seen.at() >= LOOK_AGAIN.toNanos()) {
            try {
                seen = seen.next(backlog.get(), now);
            } catch (DataAccessException redisIsDown) {
                seen = seen.unanswered(now);
            }
            last = seen;
        }
        return seen;
    }
}
