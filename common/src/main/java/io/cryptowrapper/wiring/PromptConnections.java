package io.cryptowrapper.wiring;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.connection.RedisClusterConnection;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.RedisSentinelConnection;

/**
 * Connections that come soon or fail soon, however many callers ask.
 *
 * <p>Until there has been a first connection, each caller of Spring's factory tries to connect, one after the other
 * under a lock: a hundred requests to a Redis that does not answer would wait a hundred times the timeout. Here one
 * tries, and its failure serves the others for a moment. After the first connection Lettuce reconnects by itself.
 */
final class PromptConnections implements RedisConnectionFactory {

    private static final Duration PATIENCE = Duration.ofMillis(250);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(500);

    private final RedisConnectionFactory connections;
    private final ReentrantLock connecting = new ReentrantLock();
    private volatile boolean connectedOnce;
    private long failedAt = System.nanoTime() - PAUSE_AFTER_FAILURE.toNanos();
    private @Nullable RuntimeException lastFailure;

    PromptConnections(RedisConnectionFactory connections) {
        this.connections = connections;
    }

    @Override
    public RedisConnection getConnection() {
        ensureConnectedOnce();
        return connections.getConnection();
    }

    @Override
    public RedisClusterConnection getClusterConnection() {
        ensureConnectedOnce();
        return connections.getClusterConnection();
    }

    @Override
    public RedisSentinelConnection getSentinelConnection() {
        return connections.getSentinelConnection();
    }

    @Override
    public boolean getConvertPipelineAndTxResults() {
        return connections.getConvertPipelineAndTxResults();
    }

    @Override
    public @Nullable DataAccessException translateExceptionIfPossible(RuntimeException e) {
        return connections.translateExceptionIfPossible(e);
    }

    private void ensureConnectedOnce() {
        if (connectedOnce) {
            return;
        }
        try {
            if (!connecting.tryLock(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new RedisConnectionFailureException("Redis is still being connected to");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RedisConnectionFailureException("interrupted", e);
        }
        try {
            if (connectedOnce) {
                return;
            }
            if (System.nanoTime() - failedAt < PAUSE_AFTER_FAILURE.toNanos()) {
                throw new RedisConnectionFailureException("Redis could not be connected to a moment ago", lastFailure);
            }
            try (RedisConnection connection = connections.getConnection()) {
                connection.commands().ping();
                connectedOnce = true;
            } catch (RuntimeException e) {
                failedAt = System.nanoTime();
                lastFailure = e;
                throw e;
            }
        } finally {
            connecting.unlock();
        }
    }
}
