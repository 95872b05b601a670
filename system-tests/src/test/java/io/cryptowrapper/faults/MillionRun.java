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
import io.cryptowrapper.signing.Obstacle;
import io.cryptowrapper.signing.SigningStatus;
import io.cryptowrapper.testing.Stage;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** With a million messages waiting, accepting another one and asking for one cost as much as with ten. */
@Tag(Stage.FAULTS)
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

    /** The whole wrapper with so many messages waiting, and nobody who retries them. */
    private record Backlog(
            FragileServers servers, ScriptedUpstream upstream, Arena arena, ConfigurableApplicationContext parts)
            implements AutoCloseable {

        static Backlog start() throws Exception {
            Map<String, String> settings = Map.of("CRYPTO_RETRY_DELAYS", "5h", "CRYPTO_RETRY_MAX_PENDING", "10000000");
            // One call, which fails: what is measured is the wrapper.
            Arena.Pace pace = new Arena.Pace(1, Duration.ofHours(5), Duration.ofHours(1));
            FragileServers servers = FragileServers.start();
            ScriptedUpstream upstream = new ScriptedUpstream(1, DELAY);
            return new Backlog(
                    servers,
                    upstream,
                    Arena.start(servers.servers(), pace, upstream, 0, settings),
                    MillionRun.parts(servers));
        }

        @Override
        public void close() {
            parts.close();
            arena.close();
            upstream.close();
            servers.close();
        }
    }

    /** Medians, in milliseconds: each the best of several rounds. */
    private static final class Cost {

        private double accepting = Double.MAX_VALUE;
        private double asking = Double.MAX_VALUE;

        void measure(Backlog backlog, String round) throws Exception {
            accepting = Math.min(accepting, median(backlog, round));
            // The second time they are known.
            asking = Math.min(asking, median(backlog, round));
        }

        private static double median(Backlog backlog, String round) throws Exception {
            double[] times = new double[REQUESTS];
            for (int i = 0; i < REQUESTS; i++) {
                long start = System.nanoTime();
                var response = backlog.arena().programs().ask(round + " " + i);
                times[i] = (System.nanoTime() - start) / 1e6;
                assertThat(response.body()).contains("\"retry_in_seconds\"");
            }
            Arrays.sort(times);
            return times[REQUESTS / 2];
        }
    }

    @Test
    void a_million_waiting_messages_make_accepting_and_asking_no_dearer() throws Exception {
        try (Backlog few = Backlog.start();
                Backlog many = Backlog.start()) {
            FragileServers servers = many.servers();
            long redisBefore = servers.redisInfo("memory", "used_memory");
            long brokerBefore = servers.brokersMemory();

            write(few.parts(), 0, FEW);
            write(many.parts(), 0, MANY);

            long redisPer = (servers.redisInfo("memory", "used_memory") - redisBefore) / MANY;
            long brokerPer = (servers.brokersMemory() - brokerBefore) / MANY;
            // Redis tidies up after so many writes at once, which nobody makes.
            await().atMost(ofMinutes(5)).until(() -> servers.redisInfo("persistence", "aof_rewrite_in_progress") == 0);
            // By turns, so that what else the machine does is the same for both.
            measureByTurns("warm", few, new Cost(), many, new Cost());
            var costOfFew = new Cost();
            var costOfMany = new Cost();
            measureByTurns("measured", few, costOfFew, many, costOfMany);
            double accepting = costOfMany.accepting / costOfFew.accepting;
            double asking = costOfMany.asking / costOfFew.asking;
            System.out.printf(
                    "With %d waiting instead of %d: accepting costs %.2f times as much (%.2f ms), asking %.2f times"
                            + " (%.2f ms); a waiting message takes %d bytes in Redis and %d in RabbitMQ's memory%n%s%n",
                    MANY,
                    FEW,
                    accepting,
                    costOfMany.accepting,
                    asking,
                    costOfMany.asking,
                    redisPer,
                    brokerPer,
                    servers.queues());
            assertThat(accepting).isLessThanOrEqualTo(MOST);
            assertThat(asking).isLessThanOrEqualTo(MOST);
        }
    }

    private static void measureByTurns(String name, Backlog one, Cost ofOne, Backlog other, Cost ofOther)
            throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            ofOne.measure(one, name + " " + round);
            ofOther.measure(other, name + " " + round);
        }
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
                            var pending = new SigningStatus.Pending(
                                    message, Failure.notCalled(Obstacle.QUOTA_USED_UP), 1, now);
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
