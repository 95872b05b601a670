package io.cryptowrapper.faults;

import static java.time.Duration.ofMinutes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.results.WaitingLine;
import io.cryptowrapper.retryqueue.RetryMessage;
import io.cryptowrapper.retryqueue.RetryPublisher;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.SigningStatus;
import io.cryptowrapper.system.NeedsContainers;
import io.cryptowrapper.wiring.WrapperParts;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** With a million messages waiting, accepting another one and asking for one cost as much as with ten. */
@NeedsContainers
class MillionRun {

    private static final int MANY = Integer.getInteger("million.messages", 1_000_000);
    private static final int FEW = 10;
    private static final int ROUNDS = 5;
    private static final int REQUESTS = 1000;
    private static final int WRITERS = 64;
    private static final double MOST = 1.2;
    private static final Duration DELAY = Duration.ofHours(5);

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(WrapperParts.class)
    static class Parts {}

    @Test
    void a_million_waiting_messages_make_accepting_and_asking_no_dearer() throws Exception {
        Map<String, String> settings = Map.of("CRYPTO_RETRY_DELAYS", "5h", "CRYPTO_RETRY_MAX_PENDING", "10000000");
        // One call, which fails: what is measured is the wrapper.
        Arena.Pace pace = new Arena.Pace(1, Duration.ofHours(5), Duration.ofHours(1));
        try (FragileServers servers = FragileServers.start();
                ScriptedUpstream upstream = new ScriptedUpstream(1, DELAY);
                Arena arena = Arena.start(servers.servers(), pace, upstream, 0, settings);
                ConfigurableApplicationContext parts = parts(servers)) {
            write(parts, 0, FEW);
            // As often as it takes until the programs become no faster.
            measure(arena, "warm");
            measure(arena, "warm again");
            double[] few = measure(arena, "few");
            long redisBefore = servers.redisInfo("memory", "used_memory");
            long brokerBefore = servers.brokersMemory();

            write(parts, FEW, MANY);

            long redisPer = (servers.redisInfo("memory", "used_memory") - redisBefore) / MANY;
            long brokerPer = (servers.brokersMemory() - brokerBefore) / MANY;
            // Both servers tidy up after so many writes at once, which nobody makes.
            await().atMost(ofMinutes(5)).until(() -> servers.redisInfo("persistence", "aof_rewrite_in_progress") == 0);
            double[] many = measure(arena, "many");
            System.out.printf(
                    "With %d waiting instead of %d: accepting costs %.2f times as much (%.2f ms), asking %.2f times"
                            + " (%.2f ms); a waiting message takes %d bytes in Redis and %d in RabbitMQ's memory%n%s%n",
                    MANY,
                    FEW,
                    many[0] / few[0],
                    many[0],
                    many[1] / few[1],
                    many[1],
                    redisPer,
                    brokerPer,
                    servers.queues());
            assertThat(many[0] / few[0]).isLessThanOrEqualTo(MOST);
            assertThat(many[1] / few[1]).isLessThanOrEqualTo(MOST);
        }
    }

    /** The medians of accepting and of asking, in milliseconds: each the best of several rounds. */
    private static double[] measure(Arena arena, String name) throws Exception {
        double[] best = {Double.MAX_VALUE, Double.MAX_VALUE};
        for (int round = 0; round < ROUNDS; round++) {
            for (int kind = 0; kind < 2; kind++) {
                double[] times = new double[REQUESTS];
                for (int i = 0; i < REQUESTS; i++) {
                    long start = System.nanoTime();
                    // The second time they are known.
                    var response = arena.programs().ask(name + " " + round + " " + i);
                    times[i] = (System.nanoTime() - start) / 1e6;
                    assertThat(response.body()).contains("\"retry_in_seconds\"");
                }
                Arrays.sort(times);
                best[kind] = Math.min(best[kind], times[REQUESTS / 2]);
            }
        }
        return best;
    }

    private static void write(ConfigurableApplicationContext parts, int from, int until) {
        SignatureStore store = parts.getBean(SignatureStore.class);
        WaitingLine line = parts.getBean(WaitingLine.class);
        RetryPublisher publisher = parts.getBean(RetryPublisher.class);
        Instant now = Instant.ofEpochMilli(System.currentTimeMillis());
        var next = new AtomicInteger(from);
        try (ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor()) {
            IntStream.range(0, WRITERS)
                    .forEach(writer -> writers.execute(() -> {
                        for (int i = next.getAndIncrement(); i < until; i = next.getAndIncrement()) {
                            var message = new Message("a message of an ordinary length, number " + i);
                            var pending = new SigningStatus.Pending(message, Failure.quotaUsedUp(), 1, now);
                            publisher.publish(RetryMessage.of(pending), Duration.ofMinutes(1));
                            store.record(message.id(), pending);
                            line.join(message.id(), DELAY);
                            if (i % 100_000 == 0) {
                                System.out.println(i + " wait");
                            }
                        }
                    }));
        }
    }

    private static ConfigurableApplicationContext parts(FragileServers servers) {
        Map<String, Object> properties = new HashMap<>(Map.of(
                "spring.config.name", "wrapper",
                "crypto.api.base-url", "http://127.0.0.1:9",
                "crypto.api.key", "never-sent",
                "crypto.retry.delays", "5h",
                "spring.data.redis.timeout", "30s"));
        servers.servers()
                .settings()
                .forEach((name, value) ->
                        properties.put(name.toLowerCase(java.util.Locale.ROOT).replace('_', '.'), value));
        return new SpringApplicationBuilder(Parts.class)
                .web(WebApplicationType.NONE)
                .properties(properties)
                .run();
    }
}
