package io.cryptowrapper.retryqueue;

import io.cryptowrapper.broker.ConfirmedPublisher;
import io.cryptowrapper.signing.Message;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.springframework.amqp.rabbit.core.RabbitTemplate;

/** Puts messages into the queues in which they wait for their next attempt. */
public class RetryPublisher implements AutoCloseable {

    private static final RetryMessage PROBE = new RetryMessage(new Message("probe"), 1, Instant.EPOCH);

    private final ConfirmedPublisher publisher;
    private final RetryTopology topology;

    /** @param rabbit with correlated confirms, returns and the mandatory flag */
    public RetryPublisher(RabbitTemplate rabbit, RetryTopology topology) {
        this.publisher = new ConfirmedPublisher(rabbit);
        this.topology = topology;
    }

    /**
     * Puts a message into the wait queue of its attempt.
     *
     * @param patience how long to wait for the broker
     * @throws io.cryptowrapper.broker.NotConfirmedException if the broker does not say in time that it has the message
     */
    public void publish(RetryMessage message, Duration patience) {
        publisher.send(topology.waitQueueFor(message.attempt()), message.toJson(), Map.of(), patience);
    }

    /**
     * Puts a payload aside that no retry can help.
     *
     * @param reason for whoever looks into the parking queue
     * @throws io.cryptowrapper.broker.NotConfirmedException if the broker does not say in time that it has the payload
     */
    void park(byte[] payload, String reason, Duration patience) {
        publisher.send(topology.parkingQueue(), payload, Map.of("x-parked-because", reason), patience);
    }

    /**
     * Goes all the way of a message to the broker and back, with one that no queue takes.
     *
     * @throws io.cryptowrapper.broker.NotConfirmedException if the broker does not answer in time
     */
    public void probe(Duration patience) {
        byte[] payload = PROBE.toJson();
        RetryMessage.read(payload);
        publisher.probe(payload, patience);
    }

    @Override
    public void close() {
        publisher.close();
    }
}
