package io.cryptowrapper.callbacks;

import io.cryptowrapper.broker.DelayedQueues;
import io.cryptowrapper.broker.DelayedQueues.WaitQueue;
import io.cryptowrapper.signing.UpstreamName;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * The queues that callbacks go through: {@link DelayedQueues}, with a wait queue for each delay that is not zero.
 *
 * <p>A delay has jitter, and a receiver may ask for another one; so a callback waits in the longest of the queues that
 * is not too long for it, comes to the work queue, and waits again for what is left.
 */
public final class CallbackTopology {

    /** Where no delay needs a wait queue, callbacks of a receiver that is slow still do. */
    private static final Duration WITHOUT_DELAYS = Duration.ofSeconds(5);

    /** It may be early by this part of the shortest delay: by as much as jitter may have added to that one. */
    private static final int EARLINESS = 10;

    private final Duration firstDelay;
    private final DelayedQueues queues;

    /** The longest first. */
    private final List<WaitQueue> waitQueues;

    /**
     * @param upstream whose queues these are
     * @param delays the delay before each attempt
     */
    public CallbackTopology(UpstreamName upstream, List<Duration> delays) {
        List<Duration> waits = delays.stream().filter(Duration::isPositive).toList();
        this.firstDelay = delays.getFirst();
        this.queues =
                new DelayedQueues(upstream.value() + ".callback", waits.isEmpty() ? List.of(WITHOUT_DELAYS) : waits);
        this.waitQueues = queues.waitQueues().stream()
                .sorted(Comparator.comparing(WaitQueue::delay).reversed())
                .toList();
    }

    /** How long a new callback waits for its first attempt. */
    public Duration firstDelay() {
        return firstDelay;
    }

    /** The shortest time that a callback can wait. */
    public Duration shortestWait() {
        return waitQueues.getLast().delay();
    }

    /** Whether a callback for whose attempt so much time is left need not wait. */
    public boolean isDue(Duration left) {
        return left.compareTo(shortestWait().dividedBy(EARLINESS)) <= 0;
    }

    /** The queue for a callback for whose attempt so much time is left. */
    public String queueFor(Duration left) {
        return isDue(left) ? workQueue() : waitQueueFor(left);
    }

    /** The longest wait queue that is not longer than a time; the shortest if all are. */
    public String waitQueueFor(Duration time) {
        return waitQueues.stream()
                .filter(queue -> queue.delay().compareTo(time) <= 0)
                .findFirst()
                .orElse(waitQueues.getLast())
                .name();
    }

    /** The wait queues, one for each different delay. */
    public List<WaitQueue> waitQueues() {
        return queues.waitQueues();
    }

    /** Where callbacks lie that are to be looked at. */
    public String workQueue() {
        return queues.workQueue();
    }

    /** Where callbacks lie whose attempts have all failed, until an operator replays them. */
    public String parkingQueue() {
        return queues.parkingQueue();
    }

    /** All queues, with the arguments that RabbitMQ is to declare them with; each after the one it dead-letters to. */
    public SequencedMap<String, Map<String, Object>> queues() {
        return queues.all();
    }
}
