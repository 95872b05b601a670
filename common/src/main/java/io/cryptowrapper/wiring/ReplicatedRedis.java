package io.cryptowrapper.wiring;

import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisException;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.RedisCallback;

/**
 * Redis for what must not be forgotten when its primary is lost: each command has failed unless enough replicas have
 * confirmed what it wrote. To read, use another.
 *
 * <p>Redis waits for the replicas on the connection that wrote, and holds back what else is sent over it. So these are
 * connections of their own, from a pool; the others all share one.
 */
final class ReplicatedRedis extends WatchedRedis implements AutoCloseable {

    /** Less than a command may take, so that the answer is Redis's own. */
    private static final Duration PATIENCE = Duration.ofMillis(150);

    private static final Duration PATIENCE_FOR_A_CONNECTION = Duration.ofMillis(250);
    private static final int MOST_CONNECTIONS = 32;

    private final LettuceConnectionFactory connections;
    private final int replicas;

    private ReplicatedRedis(LettuceConnectionFactory connections, int replicas) {
        super(new PromptConnections(connections));
        this.connections = connections;
        this.replicas = replicas;
    }

    /** @param like whose server and settings are used, over other connections */
    static ReplicatedRedis like(LettuceConnectionFactory like, int replicas) {
        var pool = new GenericObjectPoolConfig<StatefulConnection<?, ?>>();
        pool.setMaxTotal(MOST_CONNECTIONS);
        pool.setMaxIdle(MOST_CONNECTIONS);
        pool.setMaxWait(PATIENCE_FOR_A_CONNECTION);
        pool.setJmxEnabled(false);
        return new ReplicatedRedis(RedisConnections.pooled(like, pool), replicas);
    }

    @Override
    public <T extends @Nullable Object> T execute(RedisCallback<T> action, boolean exposeConnection, boolean pipeline) {
        return super.execute(
                connection -> {
                    T result = action.doInRedis(connection);
                    requireConfirmed(connection);
                    return result;
                },
                exposeConnection,
                pipeline);
    }

    @Override
    public void close() {
        connections.destroy();
    }

    @SuppressWarnings("unchecked")
    private void requireConfirmed(RedisConnection connection) {
        var commands = (RedisClusterAsyncCommands<byte[], byte[]>) connection.getNativeConnection();
        long confirmed;
        try {
            confirmed = LettuceFutures.awaitOrCancel(
                    commands.waitForReplication(replicas, PATIENCE.toMillis()),
                    2 * PATIENCE.toMillis(),
                    TimeUnit.MILLISECONDS);
        } catch (RedisException e) {
            throw new DataAccessResourceFailureException("whether a replica has what was written is unknown", e);
        }
        if (confirmed < replicas) {
            throw new DataAccessResourceFailureException(
                    "%d of the %d replicas needed have confirmed what was written".formatted(confirmed, replicas));
        }
    }
}
