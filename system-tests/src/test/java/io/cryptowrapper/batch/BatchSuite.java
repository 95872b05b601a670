package io.cryptowrapper.batch;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.simulator.SimulatorSettings;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.system.Programs;
import io.cryptowrapper.system.Project;
import io.cryptowrapper.system.Servers;
import io.cryptowrapper.testing.EventClient;
import io.cryptowrapper.testing.RawHttp;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Two packaged APIs and a worker: a thousand messages that come together are all signed, whoever is asked for them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
abstract class BatchSuite {

    static final Duration DELAY = Duration.ofSeconds(1);

    private static final int MESSAGES = 1000;
    private static final int WARM_UP = 300;

    private Servers servers;
    private UpstreamSimulator upstream;
    private Programs one;
    private Programs other;

    /** Where all this is tried. */
    abstract Servers startServers();

    @BeforeAll
    void startPrograms() {
        servers = startServers();
        upstream = UpstreamSimulator.start(SimulatorSettings.in(Project.newDirectory("upstream"))
                .withCalls(100_000)
                .withFailingShare(0)
                .withLatency(Duration.ZERO));
        Map<String, String> settings = new HashMap<>(servers.settings());
        settings.put("CRYPTO_API_BASE_URL", upstream.baseUrl().toString());
        settings.put("CRYPTO_API_KEY", "simulator-key");
        // A hundred in a second: so most of them are queued.
        settings.put("CRYPTO_API_QUOTA_CALLS", "100");
        settings.put("CRYPTO_API_QUOTA_WINDOW", "1s");
        settings.put("CRYPTO_RETRY_PERIOD", "10ms");
        settings.put("CRYPTO_RETRY_DELAYS", DELAY.toMillis() + "ms");
        one = Programs.start(settings, 1);
        other = Programs.start(settings, 0);
    }

    @AfterAll
    void stopPrograms() {
        other.close();
        one.close();
        upstream.close();
        servers.close();
    }

    @Test
    void a_thousand_messages_are_accepted_together_and_all_signed_and_who_follows_is_told_each() throws Exception {
        String json = batch("together", MESSAGES);
        // A process does everything slower the first time; then it refuses what it cannot do in time.
        for (Programs programs : List.of(one, other)) {
            String warm = batch("warm " + programs.port(), WARM_UP);
            await().untilAsserted(() -> assertThat(
                            RawHttp.post(programs.port(), "/crypto/sign", warm).body())
                    .doesNotContain("\"success\":false", "\"status\":503"));
        }

        long asked = System.nanoTime();
        RawHttp.Response first = RawHttp.post(one.port(), "/crypto/sign", json);
        System.out.println(servers.name() + ": " + MESSAGES + " new messages were answered in "
                + Duration.ofNanos(System.nanoTime() - asked).toMillis() + " ms");

        assertThat(first.status()).isEqualTo(200);
        assertThat(first.body()).doesNotContain("\"status\":503");
        try (EventClient client = EventClient.post(other.port(), "/crypto/sign", json, "Accept: text/event-stream")) {
            assertThat(client.next().name()).isEqualTo("progress");
            assertThat(client.nextNamed("done").data())
                    .isEqualTo("{\"done\":1000,\"refused\":0,\"rejected\":0,\"signed\":1000,\"total\":1000}");
            List<Integer> indexes = client.told().stream()
                    .filter(event -> event.name().equals("signed"))
                    .map(event -> Integer.parseInt(event.data().replaceAll("^\\{\"index\":(\\d+),.*", "$1")))
                    .sorted()
                    .toList();
            assertThat(indexes).isEqualTo(IntStream.range(0, MESSAGES).boxed().toList());
        }
        await().atMost(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(
                                RawHttp.post(one.port(), "/crypto/sign", json).body())
                        .doesNotContain("\"success\":false"));
        // A call whose answer comes too late is made again.
        assertThat(upstream.calls().stream()
                        .filter(call -> call.message().startsWith("together"))
                        .count())
                .isBetween((long) MESSAGES, MESSAGES + 10L);
    }

    private static String batch(String prefix, int messages) {
        return IntStream.range(0, messages)
                .mapToObj(i -> "\"" + prefix + " " + i + "\"")
                .collect(joining(",", "{\"messages\":[", "]}"));
    }
}
