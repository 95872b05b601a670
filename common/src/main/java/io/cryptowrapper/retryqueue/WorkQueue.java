package io.cryptowrapper.retryqueue;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.GetResponse;
import io.cryptowrapper.broker.DelayedQueues.WaitQueue;
import io.cryptowrapper.broker.NotConfirmedException;
import io.cryptowrapper.broker.OwnChannel;
import io.cryptowrapper.retryqueue.RetryMessage.UnreadableException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;

/**
 * The messages that are due, taken one at a time and only when they can be tried at once.
 *
 * <p>They are fetched and not delivered: a subscribed worker would hold messages while it waits for the budget, and
 * they would be late if it died. Where the broker does not answer, methods throw an {@link AmqpException}.
 *
 * <p>Each message has a channel of its own until it is settled. To a quorum queue each fetch is a consumer, and if
 * there are more than 32, a RabbitMQ before 4.1.1 that replays its log after a crash may give the messages of a channel
 * back in another order than before. Acknowledgements that follow in the log then hit other messages, and those are
 * lost. See <a href="https://github.com/rabbitmq/rabbitmq-server/pull/13971">how it was mended</a>.
 */
public class WorkQueue implements AutoCloseable {

    private static final Duration PARKING_PATIENCE = Duration.ofSeconds(5);
    private static final Duration CLOSING_PATIENCE = Duration.ofSeconds(1);

    private final ConnectionFactory connections;
    private final RetryTopology topology;
    private final RetryPublisher publisher;

    private @Nullable Channel forCounts;

    /** Those of the messages that were taken and are not settled. */
    private final Set<Channel> underWay = new HashSet<>();

    /** Those for the next messages. */
    private final Deque<Channel> idle = new ArrayDeque<>();

    /** RabbitMQ's counts leave out messages that are under way; other brokers' include them. */
    private boolean countsThoseUnderWay;

    public WorkQueue(ConnectionFactory connections, RetryTopology topology, RetryPublisher publisher) {
        this.connections = connections;
        this.topology = topology;
        this.publisher = publisher;
    }

    /** Whether a message is due. Another worker may be faster. */
    public synchronized boolean hasDue() {
        long count = count(topology.workQueue());
        return count > (countsThoseUnderWay ? countUnderWay() : 0);
    }

    /** How many messages wait, due or not; of those that are being tried right now, what the broker counts. */
    public synchronized long depth() {
        return Stream.concat(topology.waitQueues().stream().map(WaitQueue::name), Stream.of(topology.workQueue()))
                .mapToLong(this::count)
                .sum();
    }

    /** Takes the message whose turn it is; what cannot be read is parked on the way. */
    public synchronized Optional<Delivery> take() {
        while (true) {
            Channel own = idle();
            GetResponse got;
            try {
                got = own.basicGet(topology.workQueue(), false);
            } catch (IOException | RuntimeException e) {
                throw lost(own, e);
            }
            if (got == null) {
                idle.push(own);
                return Optional.empty();
            }
            underWay.add(own);
            long tag = got.getEnvelope().getDeliveryTag();
            try {
                return Optional.of(new Delivery(this, own, tag, got.getBody(), RetryMessage.read(got.getBody())));
            } catch (UnreadableException unreadable) {
                park(own, tag, got.getBody(), String.valueOf(unreadable.getMessage()));
            }
        }
    }

    /** Closes all channels: the broker gives what was taken and not settled to others. */
    @Override
    public void close() {
        long deadline = System.nanoTime() + CLOSING_PATIENCE.toNanos();
        try {
            for (Thread closing : closeAll()) {
                closing.join(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized List<Thread> closeAll() {
        List<Channel> all = new ArrayList<>(underWay);
        all.addAll(idle);
        if (forCounts != null) {
            all.add(forCounts);
        }
        return all.stream().map(this::drop).toList();
    }

    /** On a thread of its own, as a broker that does not answer is waited for, and others want the lock. */
    private Thread drop(Channel dropped) {
        underWay.remove(dropped);
        idle.remove(dropped);
        if (dropped.equals(forCounts)) {
            forCounts = null;
        }
        return Thread.ofVirtual().name("close-channel").start(() -> OwnChannel.closeQuietly(dropped));
    }

    synchronized void ack(Channel from, long tag) {
        settle(from, () -> from.basicAck(tag, false));
    }

    synchronized void handBack(Channel from, long tag) {
        settle(from, () -> from.basicNack(tag, false, true));
    }

    synchronized void copyToParking(Channel from, byte[] payload, String reason) {
        try {
            // Somebody may have emptied it by deleting it.
            declare(from, topology.parkingQueue());
        } catch (IOException | RuntimeException e) {
            throw lost(from, e);
        }
        publisher.park(payload, reason, PARKING_PATIENCE);
    }

    /** Parks first and acknowledges then: a crash in between leaves two copies, the other order none. */
    private void park(Channel from, long tag, byte[] payload, String reason) {
        try {
            copyToParking(from, payload, reason);
        } catch (NotConfirmedException e) {
            handBack(from, tag);
            throw e;
        }
        ack(from, tag);
    }

    private long count(String queue) {
        Channel open = forCounts();
        try {
            return open.queueDeclarePassive(queue).getMessageCount();
        } catch (IOException | RuntimeException e) {
            throw lost(open, e);
        }
    }

    private int countUnderWay() {
        // What was taken over a channel that has been lost is in the queue again.
        underWay.removeIf(taken -> !taken.isOpen());
        return underWay.size();
    }

    /**
     * Once it is there all queues are, too: what somebody has deleted makes it fail, and is made anew with the next.
     */
    private Channel forCounts() {
        if (forCounts == null || !forCounts.isOpen()) {
            Channel opened = newChannel();
            try {
                for (String queue : topology.queues().sequencedKeySet()) {
                    declare(opened, queue);
                }
            } catch (IOException | RuntimeException e) {
                throw lost(opened, e);
            }
            forCounts = opened;
        }
        return forCounts;
    }

    private Channel idle() {
        forCounts();
        idle.removeIf(one -> !one.isOpen());
        return idle.isEmpty() ? newChannel() : idle.pop();
    }

    private Channel newChannel() {
        Channel opened = OwnChannel.open(connections);
        countsThoseUnderWay = !"RabbitMQ"
                .equals(String.valueOf(
                        opened.getConnection().getServerProperties().get("product")));
        return opened;
    }

    private void declare(Channel over, String queue) throws IOException {
        over.queueDeclare(queue, true, false, false, topology.queues().get(queue));
    }

    private void settle(Channel from, Step step) {
        try {
            step.run();
        } catch (IOException | RuntimeException e) {
            // The channel is gone, so the broker has given the message back already.
            drop(from);
            throw OwnChannel.unanswered(e);
        }
        if (underWay.remove(from)) {
            idle.push(from);
        }
    }

    private AmqpException lost(Channel from, Exception cause) {
        drop(from);
        if (forCounts != null) {
            drop(forCounts);
        }
        return OwnChannel.unanswered(cause);
    }

    private interface Step {
        void run() throws IOException;
    }
}
