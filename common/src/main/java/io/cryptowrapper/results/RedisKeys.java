package io.cryptowrapper.results;

import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.SigningStatus;
import io.cryptowrapper.signing.UpstreamName;
import java.time.Duration;

/**
 * Every key in Redis, and how long what is under it lives.
 *
 * <p>No command touches two keys at once but those of one message, which have the same hash tag, and those of a batch,
 * which are read and written a hundred at a time: on the nodes of a Redis Cluster these would have to be divided.
 *
 * @param upstream whose results these are
 * @param signatures how long a signature is kept
 * @param waiting how long a message waits at most
 */
public record RedisKeys(UpstreamName upstream, Duration signatures, Duration waiting) {

    /**
     * How long one caller keeps the others from calling: longer than the two seconds in which it must be done, so that
     * only one that died is overtaken.
     */
    static final Duration CLAIM = Duration.ofSeconds(3);

    /** How long it is remembered that the upstream refuses a message. */
    private static final Duration REJECTION = Duration.ofMinutes(1);

    public static RedisKeys of(UpstreamName upstream, CryptoSettings settings) {
        return new RedisKeys(upstream, settings.cache().ttl(), settings.retry().giveUpAfter());
    }

    /** What is known of a message. */
    String status(MessageId id) {
        return upstream + ":{" + id.hex() + "}";
    }

    Duration lifeOf(SigningStatus status) {
        return switch (status) {
            case SigningStatus.Signed signed -> signatures;
            case SigningStatus.Pending pending -> longestWait();
            case SigningStatus.Rejected rejected -> REJECTION;
        };
    }

    /** Longer than any message waits: twice as long, as one may be tried once more when its time is over. */
    Duration longestWait() {
        return waiting.multipliedBy(2).plusHours(1);
    }

    /** The callbacks that wait for a message's end: a hash. */
    String callbacks(MessageId id) {
        return upstream + ":callbacks:{" + id.hex() + "}";
    }

    /** Longer than any message waits, so that its end finds them; and what the broker may be away for after that. */
    Duration lifeOfCallbacks() {
        return longestWait().plusDays(1);
    }

    /** Messages that callbacks wait for: a sorted set of ids by the time when they are next looked at. */
    String callbackLooks() {
        return upstream + ":callbacks";
    }

    /** The waiting messages in the order of their turns: a sorted set of ids. */
    String line() {
        return upstream + ":line";
    }

    /** Messages accepted but perhaps not queued: a sorted set of ids by the time when they were last touched. */
    String outbox() {
        return upstream + ":outbox";
    }

    /** The reported depth of the queue. */
    String backlog() {
        return upstream + ":backlog";
    }

    /** The budget's state. */
    public String quota() {
        return upstream + ":quota";
    }

    /** The channel on which the ids of messages are published whose status has changed. */
    String news() {
        return upstream + ":news";
    }

    /** A channel on which nothing is published: to subscribe to it shows that a connection is alive. */
    String probe() {
        return upstream + ":probe";
    }
}
