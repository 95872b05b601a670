package io.cryptowrapper;

import io.cryptowrapper.testing.TestSession;
import org.jspecify.annotations.NullMarked;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;

/** The Redis of all tests of this module; each test begins with an empty one. */
@NullMarked
public final class TestRedis {

    private static final StringRedisTemplate TEMPLATE = new StringRedisTemplate(shared());

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
        return TestServers.SERVERS.redisPort();
    }

    /** New connections, like those of another process. The caller destroys them. */
    public static LettuceConnectionFactory connect() {
        return connect(port());
    }

    /** New connections through another port. The caller destroys them. */
    public static LettuceConnectionFactory connect(int port) {
        return connect((RedisStandaloneConfiguration) LettuceConnectionFactory.createRedisConfiguration(
                TestServers.SERVERS.withRedisPort(port).property("spring.data.redis.url")));
    }

    /** New connections to any server. The caller destroys them. */
    public static LettuceConnectionFactory connect(int port, String password) {
        var configuration = new RedisStandaloneConfiguration("127.0.0.1", port);
        configuration.setPassword(password);
        return connect(configuration);
    }

    private static LettuceConnectionFactory connect(RedisStandaloneConfiguration server) {
        var factory = new LettuceConnectionFactory(server);
        factory.afterPropertiesSet();
        factory.start();
        return factory;
    }

    private static LettuceConnectionFactory shared() {
        LettuceConnectionFactory connections = connect();
        TestSession.<AutoCloseable>share(connections::destroy);
        return connections;
    }
}
