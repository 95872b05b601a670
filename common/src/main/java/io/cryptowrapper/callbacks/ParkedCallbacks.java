package io.cryptowrapper.callbacks;

import com.rabbitmq.client.GetResponse;
import io.cryptowrapper.broker.OwnChannel;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The callbacks whose attempts have all failed: looked at and replayed by an operator. */
public class ParkedCallbacks {

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final CallbackQueue queue;
    private final CallbackTopology topology;
    private final CallbackPublisher publisher;
    private final Clock clock;

    public ParkedCallbacks(CallbackQueue queue, CallbackTopology topology, CallbackPublisher publisher, Clock clock) {
        this.queue = queue;
        this.topology = topology;
        this.publisher = publisher;
        this.clock = clock;
    }

    /**
     * What may be shown of a parked callback.
     *
     * @param callback nothing if it cannot be read
     * @param reason why it was parked
     */
    public record Parked(Optional<Callback> callback, String reason) {}

    /** How many are parked. */
    public synchronized long count() {
        return queue.withChannel(channel -> channel.messageCount(topology.parkingQueue()));
    }

    /** The first of them; they stay where they are. */
    public synchronized List<Parked> first(int most) {
        return queue.withChannel(channel -> {
            List<Parked> first = new ArrayList<>();
            while (first.size() < most) {
                GetResponse got = channel.basicGet(topology.parkingQueue(), false);
                if (got == null) {
                    break;
                }
                first.add(new Parked(callbackIn(got), reasonOf(got)));
            }
            return first;
        });
    }

    /**
     * Lets parked callbacks be tried again from the beginning. What cannot be read stays parked.
     *
     * @return how many
     * @throws io.cryptowrapper.broker.NotConfirmedException if the broker does not take one of them; it stays parked
     */
    public synchronized int replay(Predicate<Callback> wanted) {
        return queue.withChannel(channel -> {
            int replayed = 0;
            // Each is settled before the next is fetched, and goes to the end if it stays: a broker that crashes may
            // mix up the acknowledgements of many.
            for (long left = channel.messageCount(topology.parkingQueue()); left > 0; left--) {
                GetResponse got = channel.basicGet(topology.parkingQueue(), false);
                if (got == null) {
                    break;
                }
                Optional<Callback> replayable = callbackIn(got).filter(wanted);
                replayable.ifPresentOrElse(
                        callback -> publisher.publish(callback.again(now()), PATIENCE),
                        () -> publisher.park(got.getBody(), reasonOf(got), PATIENCE));
                ack(channel, got);
                replayed += replayable.isPresent() ? 1 : 0;
            }
            return replayed;
        });
    }

    private Instant now() {
        return clock.instant();
    }

    private static void ack(com.rabbitmq.client.Channel channel, GetResponse got) {
        try {
            channel.basicAck(got.getEnvelope().getDeliveryTag(), false);
        } catch (IOException | RuntimeException e) {
            throw OwnChannel.unanswered(e);
        }
    }

    private static Optional<Callback> callbackIn(GetResponse got) {
        try {
            return Optional.of(Callback.read(got.getBody()));
        } catch (UnreadableCallbackException e) {
            return Optional.empty();
        }
    }

    private static String reasonOf(GetResponse got) {
        Map<String, Object> headers = got.getProps().getHeaders();
        @Nullable Object reason = headers == null ? null : headers.get(CallbackPublisher.REASON);
        return reason == null ? "taken too often without an end" : reason.toString();
    }
}
