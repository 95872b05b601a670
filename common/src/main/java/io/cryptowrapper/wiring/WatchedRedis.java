package io.cryptowrapper.wiring;

import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

/** Redis, whose trouble is told in the log: those who use it go on without it, and say nothing. */
class WatchedRedis extends StringRedisTemplate {

    private final TroubleLog trouble = new TroubleLog(LoggerFactory.getLogger(WatchedRedis.class), "Redis");

    WatchedRedis(RedisConnectionFactory connections) {
        super(connections);
    }

    @Override
    public <T extends @Nullable Object> T execute(RedisCallback<T> action, boolean exposeConnection, boolean pipeline) {
        try {
            T result = super.execute(action, exposeConnection, pipeline);
            trouble.worked();
            return result;
        } catch (DataAccessException e) {
            trouble.failed(reason(e));
            throw e;
        }
    }

    /** What the log says of it. Lettuce's own words name hosts and commands, and no values. */
    static String reason(DataAccessException e) {
        if (e instanceof QueryTimeoutException) {
            return "it does not answer in time";
        }
        String words =
                String.valueOf(NestedExceptionUtils.getMostSpecificCause(e).getMessage());
        return words.matches("(?s)(WRONGPASS|NOAUTH).*") ? "it refuses the user name or the password" : words;
    }
}
