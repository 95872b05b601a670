package io.cryptowrapper.wiring;

import io.cryptowrapper.settings.EnvironmentVariables;
import io.cryptowrapper.settings.InvalidSettingException;
import io.cryptowrapper.settings.ListenSettings;
import java.net.URI;
import java.util.List;
import java.util.function.Predicate;
import org.springframework.boot.amqp.autoconfigure.RabbitProperties;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Looks at Spring Boot's own settings before anything is started: it takes a wrong port for a server that is away, for
 * which it waits for ever, or ends in a stack trace.
 */
final class StartChecks implements ApplicationContextInitializer<ConfigurableApplicationContext> {

    @Override
    public void initialize(ConfigurableApplicationContext context) {
        EnvironmentVariables.dropEmptyOnesFrom(context.getEnvironment());
        Binder settings = Binder.get(context.getEnvironment());
        ListenSettings.from(settings);
        requirePort(settings, "spring.data.redis.port");
        requirePort(settings, "spring.rabbitmq.port");
        settings.bind("spring.data.redis.url", String.class).ifBound(StartChecks::requireRedisUrl);
        settings.bind("spring.rabbitmq.addresses", Bindable.listOf(String.class))
                .ifBound(StartChecks::requireBrokers);
        // Without these, ConfirmedPublisher would take a message for queued that is not.
        requireStays(
                settings,
                "spring.rabbitmq.publisher-confirm-type",
                "correlated",
                String.class,
                "correlated"::equalsIgnoreCase);
        requireStays(settings, "spring.rabbitmq.publisher-returns", "true", Boolean.class, on -> on);
        requireStays(settings, "spring.rabbitmq.template.mandatory", "true", Boolean.class, on -> on);
    }

    private static <T> void requireStays(
            Binder settings, String property, String value, Class<T> type, Predicate<T> isValue) {
        if (!settings.bind(property, type).map(isValue::test).orElse(false)) {
            throw new InvalidSettingException(
                    EnvironmentVariables.nameOf(property),
                    "must stay " + value + ": messages would be lost unseen otherwise");
        }
    }

    private static void requirePort(Binder settings, String property) {
        settings.bind(property, Integer.class).ifBound(port -> {
            if (!isPort(port)) {
                throw new InvalidSettingException(
                        EnvironmentVariables.nameOf(property), "must be from 1 to 65535, not " + port);
            }
        });
    }

    private static void requireRedisUrl(String url) {
        if (!isRedisUrl(url)) {
            throw new InvalidSettingException(
                    "SPRING_DATA_REDIS_URL", "must be an address such as redis://:password@host:6379");
        }
    }

    private static boolean isRedisUrl(String url) {
        try {
            URI uri = URI.create(url);
            return ("redis".equals(uri.getScheme()) || "rediss".equals(uri.getScheme()))
                    && uri.getHost() != null
                    && isPort(uri.getPort())
                    && uri.getPath().matches("/?|/[0-9]{1,4}");
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static void requireBrokers(List<String> addresses) {
        if (!areBrokers(addresses)) {
            throw new InvalidSettingException(
                    "SPRING_RABBITMQ_ADDRESSES", "must be a list of addresses such as rabbit-1:5672,rabbit-2:5672");
        }
    }

    private static boolean areBrokers(List<String> addresses) {
        var rabbit = new RabbitProperties();
        try {
            rabbit.setAddresses(addresses);
            return rabbit.determineAddresses().stream().allMatch(StartChecks::isHostAndPort);
        } catch (IllegalStateException | IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean isHostAndPort(String address) {
        int colon = address.lastIndexOf(':');
        String port = address.substring(colon + 1);
        return colon > 0 && port.matches("[0-9]{1,5}") && isPort(Integer.parseInt(port));
    }

    private static boolean isPort(int port) {
        return port >= 1 && port <= 65535;
    }
}
