package io.cryptowrapper.results;

import io.cryptowrapper.redis.Scripts;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.Place;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;

/**
 * The waiting messages in the order of their turns: what estimates are made of.
 *
 * <p>The queue itself cannot be asked where a message is. The line follows it: a message stands where its delay ends,
 * and goes to the end when its turn begins. Nothing depends on it but estimates, and the limit while no worker counts.
 */
public class WaitingLine {

    @SuppressWarnings("rawtypes")
    private static final RedisScript<List> LINE = Scripts.read("line.lua", WaitingLine.class, List.class);

    private final StringRedisTemplate redis;
    private final RedisKeys keys;

    public WaitingLine(StringRedisTemplate redis, RedisKeys keys) {
        this.redis = redis;
        this.keys = keys;
    }

    /** Puts a message at the place that it has after {@code delay}, wherever it stood before. */
    public void join(MessageId id, Duration delay) {
        join(List.of(id), delay);
    }

    /** Puts messages one behind the other. */
    public void join(List<MessageId> ids, Duration delay) {
        ask(
                "join",
                Stream.of(
                        Long.toString(delay.toMillis()),
                        Long.toString(keys.longestWait().toMillis())),
                ids);
    }

    /** Where a message stands; nothing if Redis has lost its place. */
    public Optional<Place> placeOf(MessageId id) {
        return placesOf(List.of(id)).getFirst();
    }

    /** Where each of these stands, in the same order. */
    public List<Optional<Place>> placesOf(List<MessageId> ids) {
        return ask("place", Stream.empty(), ids).stream()
                .map(place -> place((List<?>) place))
                .toList();
    }

    private static Optional<Place> place(List<?> place) {
        return place.isEmpty()
                ? Optional.empty()
                : Optional.of(new Place(
                        (Long) place.get(0),
                        Duration.ofMillis((Long) place.get(1)),
                        (Long) place.get(2),
                        Duration.ofMillis((Long) place.get(3))));
    }

    private List<?> ask(String what, Stream<String> how, List<MessageId> ids) {
        Object[] arguments = Stream.concat(
                        Stream.concat(Stream.of(what), how), ids.stream().map(MessageId::hex))
                .toArray();
        return redis.execute(LINE, List.of(keys.line()), arguments);
    }

    /** How many messages wait, as far as Redis knows. */
    public long length() {
        Long length = redis.opsForZSet().zCard(keys.line());
        return length == null ? 0 : length;
    }

    /** Takes a message out that waits no more. */
    public void leave(MessageId id) {
        redis.opsForZSet().remove(keys.line(), id.hex());
    }
}
