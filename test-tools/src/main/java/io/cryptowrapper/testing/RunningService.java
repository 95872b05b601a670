package io.cryptowrapper.testing;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** One of the services in this JVM, with ways to Redis and to the broker that can be cut. */
public final class RunningService implements AutoCloseable {

    private final Gate toRedis;
    private final Gate toBroker;
    private final ConfigurableApplicationContext context;

    private RunningService(Gate toRedis, Gate toBroker, ConfigurableApplicationContext context) {
        this.toRedis = toRedis;
        this.toBroker = toBroker;
        this.context = context;
    }

    /**
     * Starts a service.
     *
     * @param application its class with the main method
     * @param database the number of a database of Redis; who uses another shares nothing with it but the queues
     * @param settings what is not as by default
     */
    public static RunningService start(
            Class<?> application, Servers servers, int database, Map<String, String> settings) {
        Gate toRedis = Gate.to(servers.redisPort());
        Gate toBroker = Gate.to(servers.brokerPort());
        Map<String, String> all = new HashMap<>(servers.withRedisPort(toRedis.port())
                .withBrokerPort(toBroker.port())
                .properties());
        all.merge("spring.data.redis.url", "/" + database, String::concat);
        all.put("management.server.port", "0");
        all.putAll(settings);
        // Arguments, because they win over the files of the services.
        String[] arguments = all.entrySet().stream()
                .map(setting -> "--" + setting.getKey() + "=" + setting.getValue())
                .toArray(String[]::new);
        return new RunningService(toRedis, toBroker, SpringApplication.run(application, arguments));
    }

    public Gate toRedis() {
        return toRedis;
    }

    public Gate toBroker() {
        return toBroker;
    }

    /** One of its parts. */
    public <T> T part(Class<T> type) {
        return context.getBean(type);
    }

    /** The port that it listens on for clients. */
    public int port() {
        return port("local.server.port");
    }

    /** The port that it listens on for operators. */
    public int managementPort() {
        return port("local.management.port");
    }

    /** Stops it as SIGTERM does. */
    public void stop() {
        context.close();
    }

    @Override
    public void close() {
        context.close();
        toRedis.close();
        toBroker.close();
    }

    private int port(String property) {
        return Objects.requireNonNull(context.getEnvironment().getProperty(property, Integer.class));
    }
}
