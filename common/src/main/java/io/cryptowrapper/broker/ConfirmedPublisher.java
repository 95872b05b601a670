package io.cryptowrapper.broker;

import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageDeliveryMode;
import org.springframework.amqp.core.MessageProperties;
import org.springframework.amqp.rabbit.connection.CorrelationData;
import org.springframework.amqp.rabbit.core.RabbitTemplate;

/** Puts payloads into queues, and believes only what the broker has confirmed and not returned. */
public final class ConfirmedPublisher implements AutoCloseable {

    /** So many may wait for a broker that does not answer; the others are told at once. */
    private static final int MOST_WAITING = 256;

    private final RabbitTemplate rabbit;
    private final Semaphore places = new Semaphore(MOST_WAITING);
    private final ExecutorService publishing = Executors.newVirtualThreadPerTaskExecutor();

    /** @param rabbit with correlated confirms, returns and the mandatory flag */
    public ConfirmedPublisher(RabbitTemplate rabbit) {
        this.rabbit = rabbit;
    }

    /**
     * Puts a payload into a queue, from which it is not lost when the broker ends.
     *
     * @param patience how long to wait for the broker
     * @throws NotConfirmedException if the broker does not say in time that it has the payload
     */
    public void send(String queue, byte[] payload, Map<String, Object> headers, Duration patience) {
        if (!patience.isPositive()) {
            throw new NotConfirmedException("no time is left");
        }
        if (!places.tryAcquire()) {
            throw new NotConfirmedException("too many messages wait for the broker already");
        }
        var correlation = new CorrelationData(UUID.randomUUID().toString());
        // Connecting may block for long, and under a lock: a thread of its own does it, and nobody waits longer than he
        // wants.
        CompletableFuture<Void> sent;
        try {
            sent = CompletableFuture.runAsync(
                            () -> rabbit.send("", queue, persistent(payload, headers), correlation), publishing)
                    .whenComplete((done, error) -> places.release());
        } catch (RejectedExecutionException e) {
            places.release();
            throw new NotConfirmedException("this process is about to end", e);
        }
        try {
            long deadline = System.nanoTime() + patience.toNanos();
            sent.get(patience.toNanos(), TimeUnit.NANOSECONDS);
            CorrelationData.Confirm confirm =
                    correlation.getFuture().get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            // RabbitMQ acknowledges what it could not route; only the return tells.
            if (correlation.getReturned() != null) {
                throw new NotTakenException("there is no queue " + queue);
            }
            if (!confirm.ack()) {
                // A reason is given by the client, when it has lost the connection, and never by the broker.
                throw confirm.reason() == null
                        ? new NotTakenException("RabbitMQ refused the message")
                        : new NotConfirmedException("the connection was lost");
            }
        } catch (TimeoutException e) {
            throw new NotConfirmedException("RabbitMQ did not answer in time", e);
        } catch (ExecutionException e) {
            throw new NotConfirmedException(BrokerFault.in(e), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NotConfirmedException("interrupted");
        }
    }

    /**
     * Goes all the way to the broker and back, with a payload that no queue takes.
     *
     * @throws NotConfirmedException if the broker does not answer in time
     */
    public void probe(byte[] payload, Duration patience) {
        try {
            send("probe." + UUID.randomUUID(), payload, Map.of(), patience);
        } catch (NotTakenException theBrokerHasAnswered) {
            // As it should.
        }
    }

    @Override
    public void close() {
        publishing.shutdownNow();
    }

    private static Message persistent(byte[] payload, Map<String, Object> headers) {
        var properties = new MessageProperties();
        properties.setDeliveryMode(MessageDeliveryMode.PERSISTENT);
        properties.setContentType("application/json");
        properties.getHeaders().putAll(headers);
        return new Message(payload, properties);
    }

    /** The broker has answered, and does not have the message. */
    private static final class NotTakenException extends NotConfirmedException {
        private static final long serialVersionUID = 1;

        NotTakenException(String reason) {
            super(reason);
        }
    }
}
