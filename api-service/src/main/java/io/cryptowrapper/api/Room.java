package io.cryptowrapper.api;

import io.cryptowrapper.results.WaitingLine;
import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.RetryPolicy;
import java.time.Duration;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/**
 * Bounds how many messages wait: those that a worker counted in the queue, and those that this process has let wait
 * since. It may be a few seconds late, and know nothing of what other processes let wait meanwhile.
 */
@Component
class Room {

    /** The same report, looked at twice, seems that much younger or older at most. */
    private static final Duration SAME_REPORT = Duration.ofMillis(500);

    private final WaitingLine line;
    private final Workers workers;
    private final Duration pace;
    private final int most;
    private long counted;
    private long countedAt = System.nanoTime();
    private long takenSince;

    Room(WaitingLine line, Workers workers, RetryPolicy policy, CryptoSettings settings) {
        this.line = line;
        this.workers = workers;
        this.pace = policy.pace();
        this.most = settings.retry().maxPending();
    }

    /**
     * Sees to it that another message may wait.
     *
     * @throws NotAcceptedException if as many wait as may; requests that come at the same time may each find room for
     *     the last
     * @throws DataAccessException if Redis has just ceased to answer
     */
    void require() {
        workers.depth().ifPresent(this::count);
        requireUnseen();
        // Without a worker, what other processes let wait shows only in the line.
        if (workers.areAbsent()) {
            requireBeside(line.length());
        }
    }

    /**
     * The same while Redis does not answer.
     *
     * @throws NotAcceptedException if as many wait as may
     */
    void requireUnseen() {
        requireBeside(waiting());
    }

    /** Whether nothing waits, as far as is known here. */
    boolean isEmpty() {
        workers.depth().ifPresent(this::count);
        return waiting() == 0;
    }

    /** One more message waits. */
    synchronized void take() {
        takenSince++;
    }

    private void requireBeside(long waiting) {
        if (waiting >= most) {
            throw NotAcceptedException.full(pace);
        }
    }

    private synchronized void count(Workers.Depth depth) {
        if (depth.at() - countedAt > SAME_REPORT.toNanos()) {
            counted = depth.messages();
            countedAt = depth.at();
            takenSince = 0;
        }
    }

    private synchronized long waiting() {
        return counted + takenSince;
    }
}
