package io.cryptowrapper;

import io.cryptowrapper.embedded.EmbeddedRedis;
import java.nio.file.Path;
import org.jspecify.annotations.NullMarked;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;

/** A real Redis for all tests of this module; each test begins with an empty one. */
@NullMarked
public final class TestRedis {

    private static final EmbeddedRedis SERVER = EmbeddedRedis.start(Path.of("target", "test-redis"));
    private static final StringRedisTemplate TEMPLATE = new StringRedisTemplate(connect(SERVER.port()));

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(SERVER::close));
    }

    private TestRedis() {}

    /** Commands to the server, which knows nothing yet. */
    public static StringRedisTemplate emptied() {
        TEMPLATE.execute(
                connection -> {
                    connection.serverCommands().flushAll();
                    return true;
                },
                true);
        return TEMPLATE;
    }

    public static int port() {
        return SERVER.port();
    }

    /** Connections of one's own, perhaps by another way; they are to be destroyed. */
    public static LettuceConnectionFactory connect(int port) {
        return connect(port, SERVER.password());
    }

    /** The same to any server. */
    public static LettuceConnectionFactory connect(int port, String password) {
        var configuration = new RedisStandaloneConfiguration("127.0.0.1", port);
        configuration.setPassword(password);
        var factory = new LettuceConnectionFactory(configuration);
        factory.afterPropertiesSet();
        factory.start();
        return factory;
    }
}
