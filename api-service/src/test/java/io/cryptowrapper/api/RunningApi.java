package io.cryptowrapper.api;

import io.cryptowrapper.retryqueue.WorkQueue;
import io.cryptowrapper.testing.Gate;
import io.cryptowrapper.testing.RawHttp;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.data.redis.core.StringRedisTemplate;

/** An instance of the API in this JVM, with ways to Redis and to the broker that can be cut. */
final class RunningApi implements AutoCloseable {

    static final String KEY = "simulator-key";

    private final Gate toRedis = Gate.to(TestServers.get().redis().port());
    private final Gate toBroker = Gate.to(TestServers.get().broker().port());
    private final ConfigurableApplicationContext context;

    private RunningApi(int database, String upstream, Map<String, String> more) {
        Map<String, String> properties = new HashMap<>();
        properties.putAll(TestServers.get().properties(toRedis.port(), toBroker.port()));
        properties.merge("spring.data.redis.url", "/" + database, String::concat);
        properties.put("server.port", "0");
        properties.put("management.server.port", "0");
        properties.put("crypto.api.base-url", upstream);
        properties.put("crypto.api.key", KEY);
        // So many that only tests of the budget come to its end.
        properties.put("crypto.api.quota.calls", "100000");
        properties.putAll(more);
        context = SpringApplication.run(
                ApiServiceApplication.class,
                properties.entrySet().stream()
                        .map(entry -> "--" + entry.getKey() + "=" + entry.getValue())
                        .toArray(String[]::new));
    }

    /** @param database one that other instances may share */
    static RunningApi on(int database, URI upstream) {
        return new RunningApi(database, upstream.toString(), Map.of());
    }

    /** @param settings more of them */
    static RunningApi on(int database, URI upstream, Map<String, String> settings) {
        return new RunningApi(database, upstream.toString(), settings);
    }

    Gate toRedis() {
        return toRedis;
    }

    Gate toBroker() {
        return toBroker;
    }

    int port() {
        return port("local.server.port");
    }

    RawHttp.Response get(String target, String... headerLines) throws IOException {
        return RawHttp.get(port(), target, headerLines);
    }

    RawHttp.Response sign(String message) throws IOException {
        return get("/crypto/sign?message=" + URLEncoder.encode(message, StandardCharsets.UTF_8));
    }

    RawHttp.Response management(String target) throws IOException {
        return RawHttp.get(port("local.management.port"), target);
    }

    /** How many messages wait in the queue. */
    long queued() {
        return context.getBean(WorkQueue.class).depth();
    }

    StringRedisTemplate redis() {
        return context.getBean(StringRedisTemplate.class);
    }

    /** A message that no other test has sent. */
    static String newMessage() {
        return "m-" + UUID.randomUUID();
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
