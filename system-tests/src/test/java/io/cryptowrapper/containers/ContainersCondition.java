package io.cryptowrapper.containers;

import io.cryptowrapper.testing.Containers;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.context.ApplicationContext;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.test.context.junit.jupiter.SpringExtension;

/** Skips a suite where there can be no containers, and says what it runs on, or why it does not. */
final class ContainersCondition implements ExecutionCondition, BeforeAllCallback {

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext test) {
        Optional<String> missing = Containers.missing();
        if (missing.isEmpty()) {
            return ConditionEvaluationResult.enabled("there are containers");
        }
        System.out.println(nameOf(test) + " skipped: " + missing.get());
        return ConditionEvaluationResult.disabled(missing.get());
    }

    @Override
    public void beforeAll(ExtensionContext suite) {
        ApplicationContext parts = SpringExtension.getApplicationContext(suite);
        System.out.printf(
                "%s runs on RabbitMQ %s and %s%n",
                nameOf(suite),
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

    private static String nameOf(ExtensionContext suite) {
        return suite.getRequiredTestClass().getSimpleName();
    }
}
