package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.retryqueue.RetryPublisher;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.Signature;
import io.cryptowrapper.signing.SigningStatus;
import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.testing.TestSession;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * A test of two APIs that all such tests share, with the ordinary settings and callbacks. It has a message of its own,
 * and leaves the servers and the upstream as it found them.
 */
abstract class SharedApiTest {

    static final int DATABASE = TestServers.newDatabase();
    static final Map<String, String> CALLBACKS = Map.of(
            "crypto.callback.secrets", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "crypto.callback.allowed", "127.0.0.1");
    static final Signature SIGNATURE = new Signature("c2ln");

    static final UpstreamSimulator upstream = TestServers.upstream();
    static final RunningApi api = start();
    static final RunningApi other = start();

    final String message = RunningApi.newMessage();
    final MessageId id = new Message(message).id();

    private static RunningApi start() {
        return TestSession.share(RunningApi.on(DATABASE, upstream.baseUrl(), CALLBACKS));
    }

    @BeforeEach
    void upstreamIsWell() {
        upstream.follow(called -> Optional.empty());
    }

    @AfterEach
    void repair() {
        upstreamIsWell();
        api.toRedis().open();
        api.toBroker().open();
        await("all is back").ignoreExceptions().untilAsserted(() -> {
            // Ends whatever still waits for it.
            store(new SigningStatus.Signed(SIGNATURE));
            assertThat(api.sign(RunningApi.newMessage()).body()).contains("\"success\":true");
            api.part(RetryPublisher.class).probe(Duration.ofSeconds(1));
        });
    }

    /** What it does with each call from now on. */
    static void upstreamDoes(Behaviour behaviour) {
        upstream.follow(called -> Optional.of(behaviour));
    }

    /** How many calls came for the test's message. */
    long calls() {
        return calls(message);
    }

    static long calls(String message) {
        return upstream.calls(message).size();
    }

    String target() {
        return "/crypto/sign?message=" + message;
    }

    /** Records it as a worker does, past what stands between the first API and Redis. */
    void store(SigningStatus status) {
        store(message, status);
    }

    static void store(String message, SigningStatus status) {
        other.part(SignatureStore.class).record(new Message(message).id(), status);
    }
}
