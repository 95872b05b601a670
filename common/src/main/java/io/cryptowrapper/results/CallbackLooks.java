package io.cryptowrapper.results;

import io.cryptowrapper.redis.Scripts;
import io.cryptowrapper.signing.MessageId;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;

/**
 * When to look at the callbacks of which message: whoever ought to have made them may have died, or lost the broker.
 *
 * <p>Times are those of Redis, as the one who notes and the one who looks are different processes.
 */
public class CallbackLooks {

    /** How many are taken in one go. */
    private static final int BATCH = 100;

    @SuppressWarnings("rawtypes")
    private static final RedisScript<List> SCRIPT = Scripts.read("callback-looks.lua", CallbackLooks.class, List.class);

    private final StringRedisTemplate redis;
    private final StringRedisTemplate replicated;
    private final List<String> key;

    /** @param replicated by which is written what a new primary must know */
    public CallbackLooks(StringRedisTemplate redis, StringRedisTemplate replicated, RedisKeys keys) {
        this.redis = redis;
        this.replicated = replicated;
        this.key = List.of(keys.callbackLooks());
    }

    /**
     * A message that is to be looked at.
     *
     * @param at when, as it was read: it tells whether somebody has noted it since
     */
    public record Look(MessageId id, String at) {}

    /** Notes that a message is to be looked at after this time at the latest. */
    public void lookAfter(MessageId id, Duration time) {
        replicated.execute(SCRIPT, key, "look", id.hex(), Long.toString(time.toMillis()));
    }

    /** The next look at a message, where there is to be one. */
    public Optional<Look> of(MessageId id) {
        return Optional.ofNullable(redis.opsForZSet().score(key.getFirst(), id.hex()))
                .map(at -> new Look(id, Long.toString(Math.round(at))));
    }

    /** How many messages are to be looked at. */
    public long size() {
        return Objects.requireNonNullElse(redis.opsForZSet().size(key.getFirst()), 0L);
    }

    /** Up to a hundred that are to be looked at now, and again after {@code pause} unless somebody says otherwise. */
    public List<Look> take(Duration pause) {
        List<?> reply =
                replicated.execute(SCRIPT, key, "take", Long.toString(pause.toMillis()), Integer.toString(BATCH));
        String again = (String) reply.getFirst();
        return reply.stream()
                .skip(1)
                .map(id -> new Look(new MessageId((String) id), again))
                .toList();
    }

    /** Puts the next look off, unless somebody has noted the message since. */
    public void putOff(Look look, Duration time) {
        replicated.execute(SCRIPT, key, "put-off", look.id().hex(), look.at(), Long.toString(time.toMillis()));
    }

    /** There is nothing to be looked at any more, unless somebody has noted the message since. */
    public void forget(Look look) {
        replicated.execute(SCRIPT, key, "forget", look.id().hex(), look.at());
    }
}
