package io.cryptowrapper.results;

import io.cryptowrapper.redis.Scripts;
import io.cryptowrapper.signing.MessageId;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;

/**
 * The messages that were accepted while the queue did not confirm them; each is queued again until it does.
 *
 * <p>Times are those of Redis, as the one who adds and the one who takes are different processes.
 */
public class Outbox {

    /** How many are taken in one go. */
    private static final int BATCH = 100;

    @SuppressWarnings("rawtypes")
    private static final RedisScript<List> SCRIPT = Scripts.read("outbox.lua", Outbox.class, List.class);

    private final StringRedisTemplate redis;
    private final List<String> key;

    public Outbox(StringRedisTemplate redis, RedisKeys keys) {
        this.redis = redis;
        this.key = List.of(keys.outbox());
    }

    /**
     * Notes a message, before its status is recorded: one that is recorded but neither queued nor noted would be lost.
     */
    public void add(MessageId id) {
        add(List.of(id));
    }

    /**
     * The same for many.
     *
     * @return their entries, by which they can be removed
     */
    public List<Entry> add(List<MessageId> ids) {
        Object[] arguments = Stream.concat(Stream.of("add"), ids.stream().map(MessageId::hex))
                .toArray();
        String now = (String) redis.execute(SCRIPT, key, arguments).getFirst();
        return ids.stream().map(id -> new Entry(id, now)).toList();
    }

    /** How many messages are here. */
    public long size() {
        return Objects.requireNonNullElse(redis.opsForZSet().size(key.getFirst()), 0L);
    }

    /**
     * A message taken from the outbox.
     *
     * @param takenAt when, by the clock of Redis: it tells whether the message was added again since
     */
    public record Entry(MessageId id, String takenAt) {}

    /**
     * Up to a hundred messages that have lain here untouched for {@code age} or longer. They stay here until they are
     * removed, but for as long again nobody else gets them.
     */
    public List<Entry> takeOlderThan(Duration age) {
        List<?> reply = redis.execute(SCRIPT, key, "take", Long.toString(age.toMillis()), Integer.toString(BATCH));
        String now = (String) reply.getFirst();
        return reply.stream()
                .skip(1)
                .map(id -> new Entry(new MessageId((String) id), now))
                .toList();
    }

    /** Removes a message that is in the queue, or needs to be there no more, unless it was added again meanwhile. */
    public void remove(Entry entry) {
        redis.execute(SCRIPT, key, "remove", entry.id().hex(), entry.takenAt());
    }
}
