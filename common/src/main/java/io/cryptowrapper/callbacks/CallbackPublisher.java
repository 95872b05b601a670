package io.cryptowrapper.callbacks;

import io.cryptowrapper.broker.ConfirmedPublisher;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.springframework.amqp.rabbit.core.RabbitTemplate;

/** Puts callbacks into the queues; each of its methods returns when the broker has confirmed that it has them. */
public class CallbackPublisher implements AutoCloseable {

    static final String REASON = "x-parked-because";

    private final ConfirmedPublisher publisher;
    private final CallbackTopology topology;
    private final Clock clock;

    /** @param rabbit with correlated confirms, returns and the mandatory flag */
    public CallbackPublisher(RabbitTemplate rabbit, CallbackTopology topology, Clock clock) {
        this.publisher = new ConfirmedPublisher(rabbit);
        this.topology = topology;
        this.clock = clock;
    }

    /**
     * Lets a callback wait until it is due.
     *
     * @param patience how long to wait for the broker
     * @throws io.cryptowrapper.broker.NotConfirmedException if the broker does not say in time that it has the callback
     */
    public void publish(Callback callback, Duration patience) {
        Callback timed = withFirstDelay(callback);
        send(topology.queueFor(timed.left(clock.instant())), timed.toJson(), patience);
    }

    /**
     * Lets a callback that is due wait, as its receiver is busy with others.
     *
     * @param time about how long; not less than the shortest delay
     * @throws io.cryptowrapper.broker.NotConfirmedException as {@link #publish} does
     */
    public void defer(Callback callback, Duration time, Duration patience) {
        send(topology.waitQueueFor(time), callback.toJson(), patience);
    }

    /**
     * Puts a payload aside until an operator replays it.
     *
     * @param reason for whoever looks into the parking queue; it may have no secret
     * @throws io.cryptowrapper.broker.NotConfirmedException as {@link #publish} does
     */
    public void park(byte[] payload, String reason, Duration patience) {
        publisher.send(topology.parkingQueue(), payload, Map.of(REASON, reason), patience);
    }

    @Override
    public void close() {
        publisher.close();
    }

    private void send(String queue, byte[] payload, Duration patience) {
        publisher.send(queue, payload, Map.of(), patience);
    }

    private Callback withFirstDelay(Callback callback) {
        Instant earliest = callback.createdAt().plus(topology.firstDelay());
        return callback.attempt() > 1 || !callback.dueAt().isBefore(earliest)
                ? callback
                : new Callback(callback.id(), callback.url(), callback.body(), 1, callback.createdAt(), earliest);
    }
}
