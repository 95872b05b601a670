package io.cryptowrapper.broker;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;

/** Channels that are none of Spring's cached ones: those stay open, and keep what was taken, when they are closed. */
public final class OwnChannel {

    private OwnChannel() {}

    /**
     * A new one.
     *
     * @throws AmqpException with a sentence, if there is none
     */
    public static Channel open(ConnectionFactory connections) {
        Channel opened;
        try {
            Connection connection =
                    Objects.requireNonNull(connections.createConnection().getDelegate());
            opened = connection.createChannel();
        } catch (IOException | RuntimeException e) {
            throw unanswered(e);
        }
        if (opened == null) {
            throw new AmqpException("RabbitMQ allows no more channels for one connection (channel_max)");
        }
        return opened;
    }

    /** Closes it, whatever the broker says; waits while it does not answer. */
    public static void closeQuietly(Channel channel) {
        try {
            channel.close();
        } catch (IOException | TimeoutException | RuntimeException e) {
            // It is closed, one way or the other.
        }
    }

    /** What is told of a broker that does not do what it was asked to. */
    public static AmqpException unanswered(Exception cause) {
        return new AmqpException(BrokerFault.in(cause), cause);
    }
}
