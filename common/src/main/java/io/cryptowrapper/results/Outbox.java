package io.cryptowrapper.results;

import io.cryptowrapper.signing.MessageId;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.springframework.data.redis.core.StringRedisTemplate;

/** The messages that were accepted while the queue did not confirm them; each is queued again until it does. */
public class Outbox {

    /** How many are looked at in one go. */
    private static final int BATCH = 100;

    private final StringRedisTemplate redis;
    private final RedisKeys keys;
    private final Clock clock;

    public Outbox(StringRedisTemplate redis, RedisKeys keys, Clock clock) {
        this.redis = redis;
        this.keys = keys;
        this.clock = clock;
    }

    /**
     * Notes a message, before its status is recorded: one that is recorded but neither queued nor noted would be lost.
     */
    public void add(MessageId id) {
        redis.opsForZSet().add(keys.outbox(), id.hex(), (double) clock.millis());
    }

    /** Messages that lie here for {@code age} or longer, the oldest first. */
    public List<MessageId> olderThan(Duration age) {
        Set<String> ids = redis.opsForZSet()
                .rangeByScore(
                        keys.outbox(), Double.NEGATIVE_INFINITY, (double) (clock.millis() - age.toMillis()), 0, BATCH);
        return ids.stream().map(MessageId::new).toList();
    }

    /** Removes a message that is in the queue, or needs to be there no more. */
    public void remove(MessageId id) {
        redis.opsForZSet().remove(keys.outbox(), id.hex());
    }
}
