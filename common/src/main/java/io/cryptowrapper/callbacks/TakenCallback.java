package io.cryptowrapper.callbacks;

import com.rabbitmq.client.Channel;
import io.cryptowrapper.broker.OwnChannel;
import java.io.IOException;

/**
 * A callback that was given to this process; the broker keeps it until it is settled, and gives it to another one if
 * the connection is lost before.
 */
public final class TakenCallback {

    private final Channel channel;
    private final long tag;
    private final byte[] payload;

    TakenCallback(Channel channel, long tag, byte[] payload) {
        this.channel = channel;
        this.tag = tag;
        this.payload = payload.clone();
    }

    /**
     * What it is.
     *
     * @throws UnreadableCallbackException if it is none
     */
    public Callback read() {
        return Callback.read(payload);
    }

    /** As it came. */
    public byte[] payload() {
        return payload.clone();
    }

    /** Whether it can still be settled: else the broker has it back. */
    public boolean isHeld() {
        return channel.isOpen();
    }

    /** Done with: the broker forgets it. */
    public void ack() {
        settle(() -> channel.basicAck(tag, false));
    }

    private static void settle(Step step) {
        try {
            step.run();
        } catch (IOException | RuntimeException e) {
            // The channel is gone, so the broker has taken it back already.
            throw OwnChannel.unanswered(e);
        }
    }

    private interface Step {
        void run() throws IOException;
    }
}
