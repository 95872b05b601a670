package io.cryptowrapper.retryqueue;

import com.rabbitmq.client.Channel;
import io.cryptowrapper.broker.NotConfirmedException;

/** A message taken from the work queue; the broker keeps it until it is settled by one of these methods. */
public final class Delivery {

    private final WorkQueue queue;
    final Channel channel;
    private final long tag;
    private final byte[] payload;
    private final RetryMessage message;

    Delivery(WorkQueue queue, Channel channel, long tag, byte[] payload, RetryMessage message) {
        this.queue = queue;
        this.channel = channel;
        this.tag = tag;
        this.payload = payload;
        this.message = message;
    }

    public RetryMessage message() {
        return message;
    }

    /** Done with: the broker forgets it. */
    public void ack() {
        queue.ack(channel, tag);
    }

    /** Not done: the broker puts it back where it was. */
    public void handBack() {
        queue.handBack(channel, tag);
    }

    /**
     * Puts a copy aside, with a reason for whoever looks into the parking queue. The message itself is still to be
     * settled.
     *
     * @throws NotConfirmedException if the broker does not say in time that it has the copy
     */
    public void copyToParking(String reason) {
        queue.copyToParking(channel, payload, reason);
    }
}
