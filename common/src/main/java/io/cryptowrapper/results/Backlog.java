package io.cryptowrapper.results;

import io.cryptowrapper.redis.Scripts;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;

/** How many messages wait, as the workers last reported it, and when they did: also a sign that they are alive. */
public class Backlog {

    /** Who looks is to know for how long there has been no worker; after this time it makes no difference. */
    private static final Duration LIFE = Duration.ofDays(7);

    @SuppressWarnings("rawtypes")
    private static final RedisScript<List> SCRIPT = Scripts.read("backlog.lua", Backlog.class, List.class);

    private final StringRedisTemplate redis;
    private final List<String> key;

    public Backlog(StringRedisTemplate redis, RedisKeys keys) {
        this.redis = redis;
        this.key = List.of(keys.backlog());
    }

    /**
     * What a worker has reported.
     *
     * @param depth how many messages waited, in queue and outbox
     * @param age how long ago that was
     */
    public record Report(long depth, Duration age) {}

    /** Reports how many messages wait. */
    public void report(long depth) {
        redis.execute(SCRIPT, key, "report", Long.toString(depth), Long.toString(LIFE.toMillis()));
    }

    /** The last report; nothing if there was none for a week. */
    public Optional<Report> latest() {
        List<?> report = redis.execute(SCRIPT, key, "look");
        return report.isEmpty()
                ? Optional.empty()
                : Optional.of(new Report((Long) report.get(0), Duration.ofMillis((Long) report.get(1))));
    }
}
