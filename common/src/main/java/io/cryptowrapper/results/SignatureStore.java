package io.cryptowrapper.results;

import io.cryptowrapper.redis.Scripts;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.SigningStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;

/**
 * What is known of each message, in Redis.
 *
 * <p>Where Redis does not answer, every method throws a {@link org.springframework.dao.DataAccessException}; whether
 * the command was carried out is then unknown.
 */
public class SignatureStore {

    private static final RedisScript<String> RECORD =
            Scripts.read("record-status.lua", SignatureStore.class, String.class);

    @SuppressWarnings("rawtypes")
    private static final RedisScript<List> RECORD_NEW =
            Scripts.read("record-new.lua", SignatureStore.class, List.class);

    @SuppressWarnings("rawtypes")
    private static final RedisScript<List> FIND = Scripts.read("find-status.lua", SignatureStore.class, List.class);

    private final StringRedisTemplate redis;
    private final StringRedisTemplate replicated;
    private final RedisKeys keys;

    /**
     * @param replicated by which statuses are recorded: the broker forgets a message whose signature is stored, so that
     *     Redis may not
     */
    public SignatureStore(StringRedisTemplate redis, StringRedisTemplate replicated, RedisKeys keys) {
        this.redis = redis;
        this.replicated = replicated;
        this.keys = keys;
    }

    /** The time by the clock of Redis, which all processes share. */
    public Instant time() {
        return Instant.ofEpochMilli(Objects.requireNonNull(redis.execute(
                (RedisConnection connection) -> connection.serverCommands().time())));
    }

    /**
     * What is known of a message.
     *
     * @param left how long Redis keeps it, if nothing else is recorded
     */
    public record Kept(SigningStatus status, Duration left) {}

    /** What is known of the message, and for how long; nothing while it is only claimed. */
    public Optional<Kept> findKept(MessageId id) {
        List<?> found = redis.execute(FIND, List.of(keys.status(id)));
        if (found.isEmpty()) {
            return Optional.empty();
        }
        // Below nothing for one that is kept for ever, as after a repair by hand.
        Duration left = Duration.ofMillis(Math.max(0, (Long) found.get(1)));
        return StoredStatus.read((String) found.get(0)).map(status -> new Kept(status, left));
    }

    /** What is known of the message; nothing while it is only claimed. */
    public Optional<SigningStatus> find(MessageId id) {
        return StoredStatus.read(redis.opsForValue().get(keys.status(id)));
    }

    /** What is known of each of these, in the same order. */
    public List<Optional<SigningStatus>> find(List<MessageId> ids) {
        return Objects.requireNonNull(redis.opsForValue()
                        .multiGet(ids.stream().map(keys::status).toList()))
                .stream()
                .map(StoredStatus::read)
                .toList();
    }

    /**
     * Records that messages wait of which nothing is known, not even that somebody has claimed them.
     *
     * @return of each, in the same order, whether it was so
     */
    public List<Boolean> recordNew(List<SigningStatus.Pending> waiting) {
        Object[] arguments = Stream.concat(
                        Stream.of(Long.toString(keys.longestWait().toMillis())),
                        waiting.stream().map(status -> StoredStatus.of(status).toJson()))
                .toArray();
        List<?> written = replicated.execute(
                RECORD_NEW,
                waiting.stream()
                        .map(status -> keys.status(status.message().id()))
                        .toList(),
                arguments);
        return written.stream().map(Long.valueOf(1)::equals).toList();
    }

    /**
     * Claims a message that nothing is known of, so that one caller out of any number goes on with it. The claim ends
     * by itself after three seconds, or with the status that is recorded.
     *
     * @return whether the caller is the one
     */
    public boolean claim(MessageId id) {
        return Boolean.TRUE.equals(
                redis.opsForValue().setIfAbsent(keys.status(id), StoredStatus.CLAIMED.toJson(), RedisKeys.CLAIM));
    }

    /**
     * Records what has become of a message, unless something better is known of it, and tells everyone who waits. An
     * end is noted beside the callbacks that wait for it as well; whoever records one sees to it that they are made.
     *
     * @return what is known of the message now
     */
    public SigningStatus record(MessageId id, SigningStatus status) {
        String stands = replicated.execute(
                RECORD,
                List.of(keys.status(id), keys.callbacks(id)),
                StoredStatus.of(status).toJson(),
                Long.toString(keys.lifeOf(status).toMillis()),
                keys.news(),
                id.hex());
        return StoredStatus.read(stands).orElse(status);
    }
}
