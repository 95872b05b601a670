package io.cryptowrapper.callbacks;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import io.cryptowrapper.broker.DelayedQueues.WaitQueue;
import io.cryptowrapper.broker.OwnChannel;
import java.io.IOException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;

/**
 * The callbacks that are to be looked at, as the broker gives them to this process: no more at a time than it can work
 * on. Where the broker does not answer, methods throw an {@link AmqpException}.
 *
 * <p>All of them come over one channel. That is safe while they are not more than 32, also for a RabbitMQ before 4.1.1;
 * see {@code WorkQueue} in the retry queue for what happens to more.
 */
public class CallbackQueue implements AutoCloseable {

    /** How many a process has at the same time. */
    public static final int MOST_AT_ONCE = 30;

    private final ConnectionFactory connections;
    private final CallbackTopology topology;
    private @Nullable Channel subscribed;
    private @Nullable String consumer;

    public CallbackQueue(ConnectionFactory connections, CallbackTopology topology) {
        this.connections = connections;
        this.topology = topology;
    }

    /** Whether callbacks come. */
    public synchronized boolean isSubscribed() {
        return subscribed != null && subscribed.isOpen();
    }

    /**
     * Asks for callbacks.
     *
     * @param receiver gets each of them, and may not keep the thread that it is called on
     */
    public synchronized void subscribe(Consumer<TakenCallback> receiver) {
        Channel channel = newChannel();
        try {
            channel.basicQos(MOST_AT_ONCE);
            consumer = channel.basicConsume(topology.workQueue(), false, new DefaultConsumer(channel) {
                @Override
                public void handleDelivery(
                        String tag, Envelope envelope, AMQP.BasicProperties properties, byte[] payload) {
                    receiver.accept(new TakenCallback(channel, envelope.getDeliveryTag(), payload));
                }

                @Override
                public void handleCancel(String tag) {
                    // Somebody has deleted the queue: the next channel makes it anew.
                    OwnChannel.closeQuietly(channel);
                }
            });
            subscribed = channel;
        } catch (IOException | RuntimeException e) {
            OwnChannel.closeQuietly(channel);
            throw OwnChannel.unanswered(e);
        }
    }

    /** Asks for no more; what has come can still be settled. */
    public synchronized void unsubscribe() {
        if (subscribed == null || consumer == null) {
            return;
        }
        try {
            subscribed.basicCancel(consumer);
        } catch (IOException | RuntimeException e) {
            // Then none comes either.
        }
        consumer = null;
    }

    /** Gives what has come and is not settled to others. */
    @Override
    public synchronized void close() {
        if (subscribed != null) {
            OwnChannel.closeQuietly(subscribed);
            subscribed = null;
        }
    }

    /** How many callbacks wait, due or not. RabbitMQ leaves out those that a process has taken. */
    public long waiting() {
        return withChannel(channel -> {
            long sum = 0;
            for (String queue : Stream.concat(
                            Stream.of(topology.workQueue()),
                            topology.waitQueues().stream().map(WaitQueue::name))
                    .toList()) {
                sum += channel.messageCount(queue);
            }
            return sum;
        });
    }

    /** Does something over a channel of its own: what is taken with it and not settled goes back. */
    <T> T withChannel(Work<T> work) {
        Channel channel = newChannel();
        try {
            return work.over(channel);
        } catch (IOException e) {
            throw OwnChannel.unanswered(e);
        } finally {
            OwnChannel.closeQuietly(channel);
        }
    }

    /** Over which all queues are there. */
    private Channel newChannel() {
        Channel opened = OwnChannel.open(connections);
        try {
            for (var queue : topology.queues().entrySet()) {
                opened.queueDeclare(queue.getKey(), true, false, false, queue.getValue());
            }
            return opened;
        } catch (IOException | RuntimeException e) {
            OwnChannel.closeQuietly(opened);
            throw OwnChannel.unanswered(e);
        }
    }

    /** Something that is done over a channel. */
    interface Work<T> {
        T over(Channel channel) throws IOException;
    }
}
