package io.cryptowrapper.results;

import java.time.Duration;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.core.StringRedisTemplate;

/** The depth of the queue as the workers last reported it. */
public class Backlog {

    /** A report is forgotten when no worker has renewed it for this long. */
    private static final Duration LIFE = Duration.ofSeconds(30);

    private final StringRedisTemplate redis;
    private final RedisKeys keys;

    public Backlog(StringRedisTemplate redis, RedisKeys keys) {
        this.redis = redis;
        this.keys = keys;
    }

    /** Reports how many messages wait in the queue. */
    public void report(long depth) {
        redis.opsForValue().set(keys.backlog(), Long.toString(depth), LIFE);
    }

    /** The last report; nothing while no worker runs. */
    public OptionalLong depth() {
        @Nullable String depth = redis.opsForValue().get(keys.backlog());
        return depth == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(depth));
    }
}
