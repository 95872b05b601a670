package io.cryptowrapper.containers;

import static org.awaitility.Awaitility.await;

import com.redis.testcontainers.RedisContainer;
import io.cryptowrapper.TestRedis;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;

/** Connections to a Redis in a container, one for each process that a test stands for. */
final class RedisProcesses implements AutoCloseable {

    private static final int PORT = 6379;

    private final RedisContainer redis;
    private final List<LettuceConnectionFactory> connections = new ArrayList<>();

    RedisProcesses(RedisContainer redis) {
        this.redis = redis;
    }

    /** The connection of one more process. */
    StringRedisTemplate connect() {
        LettuceConnectionFactory factory = TestRedis.connect(Crash.portOf(redis, PORT), "");
        connections.add(factory);
        return new StringRedisTemplate(factory);
    }

    /** Kills the server and starts it again; all processes have to connect again. */
    void crash() {
        StringRedisTemplate before = connect();
        // What Redis has answered for is written, but for a while when an earlier write has not reached the disk.
        await().until(() -> info(before, "aof_enabled").equals("1")
                && info(before, "aof_buffer_length").equals("0"));
        close();
        Crash.kill(redis);
        Crash.startAgain(redis);
        StringRedisTemplate after = connect();
        await().ignoreExceptions().until(() -> info(after, "loading").equals("0"));
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
