package io.cryptowrapper.retryqueue;

import io.cryptowrapper.broker.DelayedQueues;
import io.cryptowrapper.broker.DelayedQueues.WaitQueue;
import io.cryptowrapper.signing.UpstreamName;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * The queues a waiting message goes through: {@link DelayedQueues}, of which the work queue is fetched from by workers
 * ({@code basicGet}), and each attempt has its wait queue.
 */
public final class RetryTopology {

    private final List<Duration> delays;
    private final DelayedQueues queues;

    /**
     * @param upstream whose queues these are
     * @param delays the delay before each attempt; the last one repeats
     */
    public RetryTopology(UpstreamName upstream, List<Duration> delays) {
        this.delays = List.copyOf(delays);
        this.queues = new DelayedQueues(upstream.value(), delays);
    }

    /** The wait queue for a message whose next attempt is number {@code attempt}, counted from 1. */
    public String waitQueueFor(int attempt) {
        return queues.waitQueue(delays.get(Math.min(attempt, delays.size()) - 1));
    }

    /** The wait queues, one for each different delay. */
    public List<WaitQueue> waitQueues() {
        return queues.waitQueues();
    }

    /** Where messages lie that are due. */
    public String workQueue() {
        return queues.workQueue();
    }

    /** Where messages lie that no retry can help: unreadable ones and those given up. */
    public String parkingQueue() {
        return queues.parkingQueue();
    }

    /** All queues, with the arguments that RabbitMQ is to declare them with; each after the one it dead-letters to. */
    public SequencedMap<String, Map<String, Object>> queues() {
        return queues.all();
    }
}
