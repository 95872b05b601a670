package io.cryptowrapper.faults;

import io.cryptowrapper.system.Programs;
import io.cryptowrapper.testing.Gate;
import io.cryptowrapper.testing.Servers;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The packaged programs on a broker and a Redis, with an upstream that counts: all connections between any two of them
 * lead through gates.
 */
final class Arena implements AutoCloseable {

    private final ScriptedUpstream upstream;
    private final Pace pace;
    private final Map<Way, Gate> gates = new EnumMap<>(Way.class);
    private final Programs programs;

    /** Who is connected to what. */
    enum Way {
        API_TO_REDIS,
        API_TO_BROKER,
        API_TO_UPSTREAM,
        WORKERS_TO_REDIS,
        WORKERS_TO_BROKER,
        WORKERS_TO_UPSTREAM
    }

    /**
     * The budget, and how fast it is used.
     *
     * @param calls how many calls may arrive in any window
     * @param period the time between two retries
     */
    record Pace(int calls, Duration window, Duration period) {

        /** As it is by default. */
        static final Pace REAL = new Pace(10, Duration.ofSeconds(60), Duration.ofSeconds(6));

        /**
         * Twenty calls a second. The window is so long that its guard, which is never below 200 ms, is no more than the
         * usual share of it, and retries may be somewhat faster than the budget, to make up for a pause.
         */
        static final Pace FAST = new Pace(500, Duration.ofSeconds(25), Duration.ofMillis(40));
    }

    private Arena(Servers servers, Pace pace, ScriptedUpstream upstream, int workers, Map<String, String> settings) {
        this.pace = pace;
        this.upstream = upstream;
        for (Way way : Way.values()) {
            gates.put(
                    way,
                    Gate.to(
                            switch (way) {
                                case API_TO_REDIS, WORKERS_TO_REDIS -> servers.redisPort();
                                case API_TO_BROKER, WORKERS_TO_BROKER -> servers.brokerPort();
                                case API_TO_UPSTREAM, WORKERS_TO_UPSTREAM -> upstream.port();
                            }));
        }
        programs = Programs.start(
                settings(servers, Way.API_TO_REDIS, Way.API_TO_BROKER, Way.API_TO_UPSTREAM, settings),
                settings(servers, Way.WORKERS_TO_REDIS, Way.WORKERS_TO_BROKER, Way.WORKERS_TO_UPSTREAM, settings),
                workers);
    }

    /** @param settings what is not as the pace says or as by default */
    static Arena start(
            Servers servers, Pace pace, ScriptedUpstream upstream, int workers, Map<String, String> settings) {
        return new Arena(servers, pace, upstream, workers, settings);
    }

    Gate gate(Way way) {
        return Objects.requireNonNull(gates.get(way));
    }

    void openAllGates() {
        gates.values().forEach(Gate::open);
    }

    Programs programs() {
        return programs;
    }

    ScriptedUpstream upstream() {
        return upstream;
    }

    Pace pace() {
        return pace;
    }

    /** Lets time go by: what happens meanwhile is the scenario. */
    static void pass(Duration time) throws InterruptedException {
        boolean _ = new CountDownLatch(1).await(time.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        programs.close();
        gates.values().forEach(Gate::close);
    }

    private Map<String, String> settings(
            Servers servers, Way toRedis, Way toBroker, Way toUpstream, Map<String, String> others) {
        Map<String, String> all =
                new HashMap<>(servers.withRedisPort(gate(toRedis).port())
                        .withBrokerPort(gate(toBroker).port())
                        .settings());
        all.put("CRYPTO_API_BASE_URL", "http://127.0.0.1:" + gate(toUpstream).port());
        all.put("CRYPTO_API_KEY", "simulator-key");
        all.put("CRYPTO_API_QUOTA_CALLS", Integer.toString(pace.calls()));
        all.put("CRYPTO_API_QUOTA_WINDOW", pace.window().toMillis() + "ms");
        all.put("CRYPTO_RETRY_PERIOD", pace.period().toMillis() + "ms");
        all.put("CRYPTO_RETRY_DELAYS", "1s");
        all.putAll(others);
        return all;
    }
}
