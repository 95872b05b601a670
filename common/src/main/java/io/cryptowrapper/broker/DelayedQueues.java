package io.cryptowrapper.broker;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * A work queue, a wait queue for each delay before it, and a parking queue behind it, with their names and arguments;
 * they have no other home.
 *
 * <pre>
 *   publish → sign.wait.6s —(TTL)→ sign.work → done, or published again
 *                                     └—(1,000,000 deliveries)→ sign.parking
 * </pre>
 *
 * <p>Everything goes through the default exchange, so a routing key is a queue's name. A delay is a queue and not a
 * message's own TTL, because RabbitMQ expires messages only at the head of a queue: one long delay would block all
 * shorter ones behind it. The delay is part of the queue's name, because a queue's arguments cannot be changed.
 *
 * @param name with which the queues' names begin
 * @param delays for each of which there is a wait queue
 */
public record DelayedQueues(String name, List<Duration> delays) {

    /**
     * Far above what ordinary redeliveries reach, so that it only catches a message that kills its worker each time.
     * Minus one, "no limit", destroys messages on RabbitMQ 3.10; without one, RabbitMQ 4 takes 20, and drops what is
     * looked at more often where there is no queue to dead-letter to.
     */
    private static final int DELIVERY_LIMIT = 1_000_000;

    public DelayedQueues {
        delays = delays.stream().distinct().toList();
    }

    /** A queue in which messages wait for {@code delay} and then move on to the work queue by themselves. */
    public record WaitQueue(String name, Duration delay) {}

    /** The wait queues, one for each different delay. */
    public List<WaitQueue> waitQueues() {
        return delays.stream()
                .map(delay -> new WaitQueue(waitQueue(delay), delay))
                .toList();
    }

    /** The name of the wait queue for a delay. */
    public String waitQueue(Duration delay) {
        long millis = delay.toMillis();
        return name + ".wait." + (millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms");
    }

    /** Where messages lie that are due. */
    public String workQueue() {
        return name + ".work";
    }

    /** Where messages lie that no retry can help: unreadable ones and those given up. */
    public String parkingQueue() {
        return name + ".parking";
    }

    /** All queues, with the arguments that RabbitMQ is to declare them with; each after the one it dead-letters to. */
    public SequencedMap<String, Map<String, Object>> all() {
        SequencedMap<String, Map<String, Object>> queues = new LinkedHashMap<>();
        queues.put(parkingQueue(), Map.of("x-queue-type", "quorum", "x-delivery-limit", DELIVERY_LIMIT));
        queues.put(workQueue(), workQueueArguments());
        waitQueues().forEach(queue -> queues.put(queue.name(), waitQueueArguments(queue)));
        return queues;
    }

    private Map<String, Object> waitQueueArguments(WaitQueue queue) {
        Map<String, Object> arguments = deadLetteringTo(workQueue());
        arguments.put("x-message-ttl", queue.delay().toMillis());
        return arguments;
    }

    private Map<String, Object> workQueueArguments() {
        Map<String, Object> arguments = deadLetteringTo(parkingQueue());
        arguments.put("x-delivery-limit", DELIVERY_LIMIT);
        return arguments;
    }

    /** At least once, which needs a quorum queue that rejects overflow: the default loses messages when a node dies. */
    private static Map<String, Object> deadLetteringTo(String target) {
        Map<String, Object> arguments = new LinkedHashMap<>();
        arguments.put("x-queue-type", "quorum");
        arguments.put("x-dead-letter-exchange", "");
        arguments.put("x-dead-letter-routing-key", target);
        arguments.put("x-dead-letter-strategy", "at-least-once");
        arguments.put("x-overflow", "reject-publish");
        return arguments;
    }
}
