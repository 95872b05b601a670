package io.cryptowrapper.retryqueue;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.GetResponse;
import io.cryptowrapper.retryqueue.RetryMessage.UnreadableException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
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

    private final ConnectionFactory connections;
    private final RetryTopology topology;
    private final RetryPublisher publisher;
    private @Nullable Channel channel;

    public WorkQueue(ConnectionFactory connections, RetryTopology topology, RetryPublisher publisher) {
        this.connections = connections;
        this.topology = topology;
        this.publisher = publisher;
    }

    /** Whether a message is due. Another worker may be faster. */
    public synchronized boolean hasDue() {
        return count(topology.workQueue()) > 0;
    }

    /** How many messages wait, due or not, without those that are being tried right now. */
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
                throw lost(e);
            }
            if (got == null) {
                return Optional.empty();
            }
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
    public synchronized void close() {
        if (channel != null) {
            try {
                channel.close();
            } catch (Exception e) {
                // It is closed, one way or the other.
            }
            channel = null;
        }
    }

    synchronized void ack(Channel from, long tag) {
        settle(() -> from.basicAck(tag, false));
    }

    synchronized void handBack(Channel from, long tag) {
        settle(() -> from.basicNack(tag, false, true));
    }

    /** Parks first and acknowledges then: a crash in between leaves two copies, the other order none. */
    void park(Channel from, long tag, byte[] payload, String reason) {
        try {
            publisher.park(payload, reason, PARKING_PATIENCE);
        } catch (NotConfirmedException e) {
            handBack(from, tag);
            throw e;
        }
        ack(from, tag);
    }

    private long count(String queue) {
        try {
            return open().queueDeclarePassive(queue).getMessageCount();
        } catch (IOException | RuntimeException e) {
            throw lost(e);
        }
    }

    private Channel open() {
        if (channel == null || !channel.isOpen()) {
            channel = connections.createConnection().createChannel(false);
        }
        return channel;
    }

    private AmqpException lost(Exception cause) {
        close();
        return cause instanceof AmqpException amqp ? amqp : new AmqpException("the broker does not answer", cause);
    }

    private void settle(Settlement settlement) {
        try {
            settlement.run();
        } catch (IOException | RuntimeException e) {
            // The channel is gone, so the broker has given the message back already.
            throw lost(e);
        }
    }

    private interface Settlement {
        void run() throws IOException;
    }
}
