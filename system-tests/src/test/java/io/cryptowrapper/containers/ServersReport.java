package io.cryptowrapper.containers;

import java.util.Objects;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.context.ApplicationContext;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.test.context.junit.jupiter.SpringExtension;

/** Says what a suite runs on. */
final class ServersReport implements BeforeAllCallback {

    @Override
    public void beforeAll(ExtensionContext suite) {
        ApplicationContext parts = SpringExtension.getApplicationContext(suite);
        System.out.printf(
                "%s runs on RabbitMQ %s and %s%n",
                suite.getRequiredTestClass().getSimpleName(),
                versionOf(parts.getBean(ConnectionFactory.class)),
                redis(parts.getBean(StringRedisTemplate.class)));
    }

    private static String versionOf(ConnectionFactory rabbit) {
        var connection = Objects.requireNonNull(rabbit.createConnection().getDelegate());
        return String.valueOf(connection.getServerProperties().get("version"));
    }

    private static String redis(StringRedisTemplate redis) {
        Properties info = Objects.requireNonNull(
                redis.execute((connection) -> connection.serverCommands().info("server"), true));
        // Valkey also tells which Redis it stands in for.
        @Nullable String valkey = info.getProperty("valkey_version");
        return valkey == null ? "Redis " + info.getProperty("redis_version") : "Valkey " + valkey;
    }
}
