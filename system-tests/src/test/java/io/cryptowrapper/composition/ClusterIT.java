package io.cryptowrapper.composition;

import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.simulator.Call;
import io.cryptowrapper.testing.RawHttp;
import io.cryptowrapper.testing.Stage;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** On clusters, the loss of a RabbitMQ node and of the Redis primary at the same time loses nothing. */
@Tag(Stage.COMPOSITION)
@Timeout(600)
class ClusterIT {

    private static final int MESSAGES = 300;
    private static final int CALLS = 50;
    private static final Duration WINDOW = ofSeconds(6);
    private static final Duration PROMISED = ofSeconds(2);

    private final Composition composition = new Composition(
            "cryptowrapper-cluster-test",
            List.of("docker-compose.yml", "docker-compose.cluster.yml"),
            Composition.pace(CALLS, WINDOW));
    private final List<String> messages =
            IntStream.range(0, MESSAGES).mapToObj(i -> "clustered " + i).toList();
    private final Set<String> signed = new HashSet<>();
    private final long started = System.nanoTime();
    private Duration slowest = Duration.ZERO;
    private String slowestWas = "";
    private int refused;
    private int answers;
    private int late;

    @BeforeEach
    void up() {
        composition.compose("up", "--build", "--detach", "--wait", "--scale", "retry-worker=2");
    }

    @AfterEach
    void down() {
        composition.close();
    }

    @Test
    void all_messages_are_signed_inside_the_budget_though_the_queues_leader_and_the_primary_are_killed()
            throws Exception {
        // That of a process which has just started, on a machine where all others start too: see the README's limits.
        ask(messages.getFirst());
        System.out.printf("The first answer took %s%n", slowest);
        slowest = Duration.ZERO;
        late = 0;
        for (String message : messages) {
            await().until(() -> ask(message).status() == 200);
        }
        Composition.awaitSigned(MESSAGES / 3, messages, signed, this::isSigned);
        String leader = leaderOfTheWorkQueue();
        String primary = primary();
        int before = composition.calls().size();
        System.out.println("Killing " + leader + " and " + primary + ", which lead");
        composition.docker("kill", leader, 1);
        composition.docker("kill", primary, 1);

        Composition.awaitSigned(MESSAGES, messages, signed, this::isSigned);

        List<Call> calls = composition.calls();
        int most = Call.mostInAnyWindow(calls, WINDOW);
        System.out.printf(
                "%d calls for %d messages, at most %d in any %s; a pause of %s; the slowest answer took %s (%s), %d"
                        + " were refused%n",
                calls.size(),
                MESSAGES,
                most,
                WINDOW,
                Composition.longestPause(calls.subList(before - 1, calls.size())),
                slowest,
                slowestWas,
                refused);
        assertThat(most).isLessThanOrEqualTo(CALLS);
        Map<Integer, Long> statuses = Call.countedByStatus(calls);
        assertThat(statuses).containsOnlyKeys(200, 502);
        // What a broker's lost connection leaves open is tried again.
        assertThat(statuses.get(200)).isBetween((long) MESSAGES, MESSAGES + 5L);
        assertThat(late)
                .as("answers of %d that took longer than %s; the slowest took %s", answers, PROMISED, slowest)
                .isLessThanOrEqualTo(answers / 100);
        assertThat(leaderOfTheWorkQueue()).isNotEqualTo(leader);
        assertThat(primary()).isNotEqualTo(primary);

        // They come back, as a follower and as a replica.
        composition.docker("start", leader, 1);
        composition.docker("start", primary, 1);
        composition.awaitHealthy(leader, 1);
        await().atMost(ofMinutes(3)).until(() -> replicas().equals("2"));
        await().atMost(ofMinutes(1)).until(() -> composition.isSigned("another"));
    }

    /** Clients ask all the time, and are answered in time, or refused clearly. */
    private RawHttp.Response ask(String message) throws IOException {
        long asked = System.nanoTime();
        RawHttp.Response answer = composition.ask(message);
        Duration took = Duration.ofNanos(System.nanoTime() - asked);
        answers++;
        late += took.compareTo(PROMISED) > 0 ? 1 : 0;
        if (took.compareTo(slowest) > 0) {
            slowest = took;
            slowestWas = "%s since the start, %s: %d %s"
                    .formatted(
                            Duration.ofNanos(asked - started),
                            signed.size() + " signed",
                            answer.status(),
                            answer.body());
        }
        assertThat(answer.status()).isIn(200, 503);
        refused += answer.status() == 503 ? 1 : 0;
        return answer;
    }

    private boolean isSigned(String message) throws IOException {
        return ask(message).body().contains("\"success\":true");
    }

    private String leaderOfTheWorkQueue() {
        String nodes = "rabbitmqctl -q --no-table-headers list_queues name leader";
        for (String node : List.of("rabbitmq", "rabbitmq-2", "rabbitmq-3")) {
            try {
                return composition
                        .inside(node, 1, nodes)
                        .lines()
                        .filter(line -> line.startsWith("sign.work"))
                        .map(line -> line.replaceFirst(".*@", ""))
                        .findFirst()
                        .orElseThrow();
            } catch (AssertionError down) {
                // Another one knows too.
            }
        }
        throw new AssertionError("no node tells who leads");
    }

    /** The service whose Redis is the primary, as the Sentinels say. */
    private String primary() {
        return redisCli("requirepass ", "-p 26379 sentinel get-master-addr-by-name wrapper")
                .lines()
                .findFirst()
                .orElseThrow();
    }

    /** How many replicas are connected to the primary. */
    private String replicas() {
        return redisCli("sentinel auth-pass wrapper ", "-h " + primary() + " --user sentinel info replication")
                .lines()
                .map(String::strip)
                .filter(line -> line.startsWith("connected_slaves:"))
                .map(line -> line.substring("connected_slaves:".length()))
                .findFirst()
                .orElse("");
    }

    /** @param password what stands before it in the configuration of the Sentinels */
    private String redisCli(String password, String arguments) {
        return composition.inside(
                "sentinel-1",
                1,
                "REDISCLI_AUTH=$(sed -n 's/^" + password + "//p' /passwords/sentinel.conf) redis-cli " + arguments);
    }
}
