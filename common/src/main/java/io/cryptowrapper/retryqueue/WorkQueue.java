package io.cryptowrapper.retryqueue;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import io.cryptowrapper.retryqueue.RetryMessage.UnreadableException;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;

/**
 * The messages that are due, taken one at a time and only when they can be tried at once.
 *
 * <p>They are fetched and not delivered: a subscribed worker would hold messages while it waits for the budget, and
 * they would be late if it died. Where the broker does not answer, methods throw an {@link AmqpException}.
 */
public class WorkQueue implements AutoCloseable {

    private static final Duration PARKING_PATIENCE = Duration.ofSeconds(5);
    private static final Duration CLOSING_PATIENCE = Duration.ofSeconds(1);

    private final ConnectionFactory connections;
    private final RetryTopology topology;
    private final RetryPublisher publisher;
    private @Nullable Channel channel;

    /** How many were taken over the channel and are not settled. */
    private int underWay;

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
        return count > (countsThoseUnderWay ? underWay : 0);
    }

    /** How many messages wait, due or not; of those that are being tried right now, what the broker counts. */
    public synchronized long depth() {
        return Stream.concat(
                        topology.waitQueues().stream().map(RetryTopology.WaitQueue::name),
                        Stream.of(topology.workQueue()))
                .mapToLong(this::count)
                .sum();
    }

    /** Takes the message whose turn it is; what cannot be read is parked on the way. */
    public synchronized Optional<Delivery> take() {
        while (true) {
            Channel open = open();
            GetResponse got;
            try {
                got = open.basicGet(topology.workQueue(), false);
            } catch (IOException | RuntimeException e) {
                throw lost(open, e);
            }
            if (got == null) {
                return Optional.empty();
            }
            underWay++;
            long tag = got.getEnvelope().getDeliveryTag();
            try {
                return Optional.of(new Delivery(this, open, tag, got.getBody(), RetryMessage.read(got.getBody())));
            } catch (UnreadableException unreadable) {
                park(open, tag, got.getBody(), String.valueOf(unreadable.getMessage()));
            }
        }
    }

    /** Closes the channel: the broker gives what was taken and not settled to others. */
    @Override
    public void close() {
        Thread closing = closeChannel();
        try {
            closing.join(CLOSING_PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** On a thread of its own, as a broker that does not answer is waited for, and others want the lock. */
    private synchronized Thread closeChannel() {
        Channel closed = channel;
        channel = null;
        return Thread.ofVirtual().name("close-channel").start(() -> {
            try {
                if (closed != null) {
                    closed.close();
                }
            } catch (IOException | TimeoutException | RuntimeException e) {
                // It is closed, one way or the other.
            }
        });
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
        Channel open = open();
        try {
            return open.queueDeclarePassive(queue).getMessageCount();
        } catch (IOException | RuntimeException e) {
            throw lost(open, e);
        }
    }

    private Channel open() {
        if (channel == null || !channel.isOpen()) {
            channel = newChannel();
            underWay = 0;
        }
        return channel;
    }

    private Channel newChannel() {
        try {
            // Not one of Spring's cached channels: those stay open, and keep what was taken, when they are closed.
            Connection connection =
                    Objects.requireNonNull(connections.createConnection().getDelegate());
            Channel opened = Objects.requireNonNull(connection.createChannel(), "no channel is left");
            try {
                for (String queue : topology.queues().sequencedKeySet()) {
                    // One that somebody has deleted is there again.
                    declare(opened, queue);
                }
            } catch (IOException | RuntimeException e) {
                opened.abort();
                throw e;
            }
            countsThoseUnderWay = !"RabbitMQ"
                    .equals(String.valueOf(connection.getServerProperties().get("product")));
            return opened;
        } catch (IOException | RuntimeException e) {
            throw unanswered(e);
        }
    }

    private void declare(Channel over, String queue) throws IOException {
        over.queueDeclare(queue, true, false, false, topology.queues().get(queue));
    }

    private void settle(Channel from, Step step) {
        try {
            step.run();
            if (from.equals(channel)) {
                underWay--;
            }
        } catch (IOException | RuntimeException e) {
            // The channel is gone, so the broker has given the message back already.
            throw lost(from, e);
        }
    }

    /** What is under way on a channel that has taken the place of the lost one is left alone. */
    private AmqpException lost(Channel from, Exception cause) {
        if (from.equals(channel)) {
            closeChannel();
        }
        return unanswered(cause);
    }

    private static AmqpException unanswered(Exception cause) {
        return new AmqpException(BrokerFault.in(cause), cause);
    }

    private interface Step {
        void run() throws IOException;
    }
}
