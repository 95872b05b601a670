package io.cryptowrapper.simulator;

import static io.cryptowrapper.simulator.SimulatorCalls.KEY;
import static io.cryptowrapper.simulator.SimulatorCalls.sign;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.simulator.Behaviour.Answer;
import io.cryptowrapper.testing.RawHttp;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BehaviourTest {

    private SimulatorSettings settings;
    private UpstreamSimulator simulator;

    @BeforeEach
    void start() {
        settings = SimulatorSettings.in(SimulatorCalls.DATA_DIR)
                .withFailingShare(0)
                .withCalls(100)
                .withLatency(Duration.ZERO);
        simulator = UpstreamSimulator.start(settings);
    }

    @AfterEach
    void stop() {
        simulator.close();
    }

    @Test
    void a_scripted_answer_is_given_as_it_is() throws Exception {
        misbehave("bad", new Answer(503, Map.of("Retry-After", "7", "Content-Type", "text/html"), "<p>later</p>"));

        RawHttp.Response response = sign(simulator, "bad");

        assertThat(response.status()).isEqualTo(503);
        assertThat(response.hasHeader("Retry-After: 7")).isTrue();
        assertThat(response.body()).isEqualTo("<p>later</p>");
        assertThat(simulator.calls()).extracting(Call::status).containsExactly(503);
        assertThat(sign(simulator, "good").status()).isEqualTo(200);
    }

    @Test
    void a_success_may_be_empty() throws Exception {
        misbehave("bad", Answer.empty());

        RawHttp.Response response = sign(simulator, "bad");

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body()).isEmpty();
    }

    @Test
    void a_connection_may_be_reset() {
        misbehave("bad", new Behaviour.Reset());

        assertThatThrownBy(() -> sign(simulator, "bad"))
                .isInstanceOf(SocketException.class)
                .hasMessageContaining("reset");
        assertThat(simulator.calls()).extracting(Call::status).containsExactly(0);
    }

    @Test
    void a_hundred_hanging_calls_do_not_hold_up_another() throws Exception {
        misbehave("bad", new Behaviour.Hang(Duration.ofMinutes(10)));
        List<Socket> hanging = new ArrayList<>();
        for (int i = 0; i < 99; i++) {
            hanging.add(RawHttp.open(simulator.port(), "/crypto/sign?message=bad", KEY));
        }
        await().until(() -> simulator.calls().size() == 99);

        assertThat(sign(simulator, "good").status()).isEqualTo(200);

        for (Socket socket : hanging) {
            socket.setSoTimeout(1);
            assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
            socket.close();
        }
    }

    @Test
    void a_call_that_hung_gets_the_ordinary_answer() throws Exception {
        misbehave("bad", new Behaviour.Hang(Duration.ofMillis(100)));
        long start = System.nanoTime();

        RawHttp.Response response = sign(simulator, "bad");

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(100));
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body()).hasSize(344);
    }

    @Test
    void closing_it_leaves_no_thread_behind_even_while_a_call_hangs() throws Exception {
        simulator.close();
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        simulator = UpstreamSimulator.start(settings);
        misbehave("bad", new Behaviour.Hang(Duration.ofMinutes(10)));
        try (Socket _ = RawHttp.open(simulator.port(), "/crypto/sign?message=bad", KEY)) {
            await().until(() -> !simulator.calls().isEmpty());

            simulator.close();

            await().pollInSameThread()
                    .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                            .filteredOn(thread -> !thread.isDaemon())
                            .isSubsetOf(before));
        }
    }

    @Test
    void an_answer_may_dribble() throws Exception {
        misbehave("bad", new Behaviour.Dribble(Duration.ofMillis(500)));

        try (Socket socket = RawHttp.open(simulator.port(), "/crypto/sign?message=bad", KEY)) {
            int first = socket.getInputStream().read();
            long start = System.nanoTime();
            byte[] rest = socket.getInputStream().readAllBytes();

            assertThat(first).isEqualTo('H');
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(100));
            assertThat(new String(rest, StandardCharsets.US_ASCII)).endsWith("==");
        }
    }

    @Test
    void a_script_is_not_asked_about_calls_over_the_budget() throws Exception {
        simulator.close();
        simulator = UpstreamSimulator.start(settings.withCalls(3));
        misbehave("bad", Answer.text(418, "teapot"));
        for (int i = 0; i < 3; i++) {
            assertThat(sign(simulator, "bad").status()).isEqualTo(418);
        }

        assertThat(sign(simulator, "bad").status()).isEqualTo(429);
    }

    private void misbehave(String message, Behaviour behaviour) {
        simulator.follow(called -> Optional.of(behaviour).filter(_ -> called.equals(message)));
    }
}
