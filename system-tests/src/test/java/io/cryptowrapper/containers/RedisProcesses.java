package io.cryptowrapper.containers;

import static java.time.Duration.ofSeconds;
import static org.awaitility.Awaitility.await;

import com.redis.testcontainers.RedisContainer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;

/** Connections to a Redis in a container as so many processes have them: each its own. */
final class RedisProcesses implements AutoCloseable {

    private static final int PORT = 6379;

    private final RedisContainer redis;
    private final List<LettuceConnectionFactory> connections = new ArrayList<>();

    RedisProcesses(RedisContainer redis) {
        this.redis = redis;
    }

    /** One more process's connection. */
    StringRedisTemplate connect() {
        var factory = new LettuceConnectionFactory(
                new RedisStandaloneConfiguration(redis.getHost(), Crash.portOf(redis, PORT)));
        factory.afterPropertiesSet();
        factory.start();
        connections.add(factory);
        return new StringRedisTemplate(factory);
    }

    /** Kills the server and starts it again; all must connect anew. */
    void crash() {
        StringRedisTemplate before = connect();
        // What Redis has answered for is written, but for a while when an earlier write has not reached the disk.
        await().until(() -> info(before, "aof_enabled").equals("1")
                && info(before, "aof_buffer_length").equals("0"));
        close();
        Crash.kill(redis);
        Crash.startAgain(redis);
        StringRedisTemplate after = connect();
        await().atMost(ofSeconds(30))
                .ignoreExceptions()
                .until(() -> info(after, "loading").equals("0"));
    }

    @Override
    public void close() {
        connections.forEach(LettuceConnectionFactory::destroy);
        connections.clear();
    }

    private static String info(StringRedisTemplate redis, String field) {
        return Objects.requireNonNull(
                        redis.execute(connection -> connection.serverCommands().info("persistence"), true))
                .getProperty(field);
    }
}
