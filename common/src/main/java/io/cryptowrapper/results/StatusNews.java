package io.cryptowrapper.results;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.cryptowrapper.signing.MessageId;
import io.lettuce.core.RedisException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.connection.Message;
import org.springframework.data.redis.connection.MessageListener;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.SubscriptionListener;
import org.springframework.data.redis.core.StringRedisTemplate;

/** Tells whoever waits in this process of the messages whose status has changed, in whichever process it did. */
public class StatusNews {

    private final StringRedisTemplate redis;
    private final RedisKeys keys;

    public StatusNews(StringRedisTemplate redis, RedisKeys keys) {
        this.redis = redis;
        this.keys = keys;
    }

    /** Is told on a thread of the connection, which it must not hold up. */
    public interface Listener {

        /** The status of the message is another one than before. */
        void changed(MessageId id);

        /** News comes from now on; what has changed before, and since news came the last time, was not told. */
        default void listening() {}
    }

    /** Ends when it is closed. */
    public interface Subscription extends AutoCloseable {

        /**
         * Asks Redis something over the same connection: one that is dead, over which news would never come, is noticed
         * within seconds, and made anew.
         *
         * @throws org.springframework.dao.DataAccessException if there is no answer in time
         */
        void probe();

        @Override
        void close();
    }

    /**
     * Subscribes on a connection of its own, which subscribes again by itself after an interruption.
     *
     * <p>Spring's listener container is not used: when its first subscription fails, it tries on while it holds a lock
     * that stopping it needs too.
     *
     * @throws org.springframework.dao.DataAccessException if Redis does not answer; then nothing is subscribed
     */
    public Subscription subscribe(Listener listener) {
        RedisConnection connection =
                Objects.requireNonNull(redis.getConnectionFactory()).getConnection();
        try {
            connection.subscribe(new Channel(listener), keys.news().getBytes(UTF_8));
            return new Connected(connection);
        } catch (RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private final class Connected implements Subscription {

        private final RedisConnection connection;

        Connected(RedisConnection connection) {
            this.connection = connection;
        }

        /**
         * The only question that a connection with a subscription may ask in Redis 6, and that Spring has a name for.
         */
        @Override
        public void probe() {
            try {
                Objects.requireNonNull(connection.getSubscription())
                        .subscribe(keys.probe().getBytes(UTF_8));
            } catch (RedisException e) {
                // Spring hands on as it is what befalls a subscription.
                throw new RedisConnectionFailureException("no answer over the subscribed connection", e);
            }
        }

        @Override
        public void close() {
            connection.close();
        }
    }

    private final class Channel implements MessageListener, SubscriptionListener {

        private final Listener listener;

        Channel(Listener listener) {
            this.listener = listener;
        }

        @Override
        public void onMessage(Message message, byte @Nullable [] pattern) {
            listener.changed(new MessageId(new String(message.getBody(), UTF_8)));
        }

        /** By Redis, each time that the connection has been made. */
        @Override
        public void onChannelSubscribed(byte[] channel, long count) {
            if (keys.news().equals(new String(channel, UTF_8))) {
                listener.listening();
            }
        }
    }
}
