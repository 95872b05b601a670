package io.cryptowrapper.api;

import io.cryptowrapper.testing.Gate;
import io.cryptowrapper.testing.RawHttp;
import io.cryptowrapper.testing.RunningService;
import io.cryptowrapper.testing.Stage;
import java.io.IOException;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

/** An instance of the API in this JVM. */
final class RunningApi implements AutoCloseable {

    static final String KEY = "simulator-key";

    private final RunningService service;

    private RunningApi(RunningService service) {
        this.service = service;
    }

    /**
     * Starts an instance.
     *
     * @param database one that other instances may share
     */
    static RunningApi on(int database, URI upstream) {
        return on(database, upstream, Map.of());
    }

    /**
     * Starts an instance.
     *
     * @param database one that other instances may share
     * @param settings what is not as by default
     */
    static RunningApi on(int database, URI upstream, Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(Map.of(
                "server.port",
                "0",
                "crypto.api.base-url",
                upstream.toString(),
                "crypto.api.key",
                KEY,
                // So many that only tests of the budget come to its end.
                "crypto.api.quota.calls",
                "100000",
                "crypto.retry.delays",
                "10m"));
        if (!Stage.TIMING.equals(System.getProperty("stage"))) {
            // On a busy machine the usual limit of 250 ms is sometimes too short, and Redis counts as away.
            all.put("spring.data.redis.timeout", "1s");
        }
        all.putAll(settings);
        return new RunningApi(RunningService.start(ApiServiceApplication.class, TestServers.get(), database, all));
    }

    /** Lets Redis, which is that of all tests in this JVM, hold so many bytes; "0" for as many as it likes. */
    void letRedisUse(String bytes) {
        redis().execute((RedisCallback<@Nullable Object>) redis -> {
            redis.serverCommands().setConfig("maxmemory", bytes);
            return null;
        });
    }

    Gate toRedis() {
        return service.toRedis();
    }

    Gate toBroker() {
        return service.toBroker();
    }

    int port() {
        return service.port();
    }

    RawHttp.Response get(String target, String... headerLines) throws IOException {
        return RawHttp.get(port(), target, headerLines);
    }

    RawHttp.Response sign(String message) throws IOException {
        return RawHttp.sign(port(), message);
    }

    RawHttp.Response management(String target) throws IOException {
        return RawHttp.get(service.managementPort(), target);
    }

    <T> T part(Class<T> type) {
        return service.part(type);
    }

    StringRedisTemplate redis() {
        return service.part(StringRedisTemplate.class);
    }

    /** A message that no other test has sent. */
    static String newMessage() {
        return "m-" + UUID.randomUUID();
    }

    @Override
    public void close() {
        service.close();
    }
}
