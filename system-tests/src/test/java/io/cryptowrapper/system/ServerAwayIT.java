package io.cryptowrapper.system;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.simulator.Call;
import io.cryptowrapper.testing.Gate;
import io.cryptowrapper.testing.RawHttp;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

/** What clients were promised while a server was away is kept when it is back, through the packaged programs. */
@Timeout(180)
class ServerAwayIT {

    private static final Pace PACE = Pace.FORTYFOLD;

    private static Gate rabbit;
    private static Gate redis;
    private static RunningSystem system;

    @BeforeAll
    static void startSystem() {
        Servers servers = Servers.best();
        rabbit = Gate.to(servers.brokerPort());
        redis = Gate.to(servers.redisPort());
        system = RunningSystem.start(servers.withBrokerPort(rabbit.port()).withRedisPort(redis.port()), PACE, 1);
    }

    @AfterAll
    static void stopSystem() {
        system.close();
        redis.close();
        rabbit.close();
    }

    @Test
    void messages_that_rabbitmq_could_not_take_are_signed(TestInfo test) throws Exception {
        keepsItsPromise(rabbit, test.getDisplayName());
    }

    @Test
    void messages_that_redis_has_not_seen_are_signed(TestInfo test) throws Exception {
        keepsItsPromise(redis, test.getDisplayName());
    }

    private static void keepsItsPromise(Gate gate, String name) throws Exception {
        List<String> messages =
                IntStream.range(0, 8).mapToObj(i -> name + " " + i).toList();
        gate.cut();
        int pending = 0;
        for (String message : messages) {
            long asked = System.nanoTime();
            RawHttp.Response answer = system.ask(message);
            assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(ofSeconds(2));
            assertThat(answer.status()).isEqualTo(200);
            pending += answer.body().contains("\"success\":false") ? 1 : 0;
        }
        assertThat(pending).isPositive();

        gate.open();

        // Nobody asks: a poll could make a call of its own for a message that Redis does not know.
        await().atMost(ofSeconds(60)).until(() -> signed(name).containsAll(messages));
        await().until(() -> {
            for (String message : messages) {
                if (!system.ask(message).body().contains("\"success\":true")) {
                    return false;
                }
            }
            return true;
        });
        assertThat(signed(name)).containsExactlyInAnyOrderElementsOf(messages);
        assertThat(system.upstream().mostCallsInAnyWindow(PACE.window())).isLessThanOrEqualTo(RunningSystem.CALLS);
    }

    private static List<String> signed(String name) {
        return system.upstream().calls().stream()
                .filter(call -> call.status() == 200)
                .map(Call::message)
                .filter(message -> message.startsWith(name))
                .toList();
    }
}
