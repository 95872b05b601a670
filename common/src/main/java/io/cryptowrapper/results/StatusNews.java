package io.cryptowrapper.results;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.cryptowrapper.signing.MessageId;
import java.util.Objects;
import java.util.function.Consumer;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.core.StringRedisTemplate;

/** Tells whoever waits in this process of the messages whose status has changed, in whichever process it did. */
public class StatusNews {

    private final StringRedisTemplate redis;
    private final RedisKeys keys;

    public StatusNews(StringRedisTemplate redis, RedisKeys keys) {
        this.redis = redis;
        this.keys = keys;
    }

    /** Ends the subscription. */
    public interface Subscription extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Subscribes on a connection of its own, which subscribes again by itself after an interruption. News may be missed
     * meanwhile: whoever listens looks from time to time as well.
     *
     * <p>Spring's listener container is not used: when its first subscription fails, it tries on while it holds a lock
     * that stopping it needs too.
     *
     * @throws org.springframework.dao.DataAccessException if Redis does not answer; then nothing is subscribed
     */
    public Subscription subscribe(Consumer<MessageId> listener) {
        RedisConnection connection =
                Objects.requireNonNull(redis.getConnectionFactory()).getConnection();
        try {
            connection.subscribe(
                    (message, pattern) -> listener.accept(new MessageId(new String(message.getBody(), UTF_8))),
                    keys.news().getBytes(UTF_8));
            return connection::close;
        } catch (RuntimeException e) {
            connection.close();
            throw e;
        }
    }
}
