package io.cryptowrapper.worker;

import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;

import com.github.tomakehurst.wiremock.WireMockServer;
import io.cryptowrapper.simulator.SimulatorSettings;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.testing.TestSession;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What all tests use until the last of them has ended, as each of it takes long to start: a simulated upstream, a
 * receiver of callbacks, a worker that works, and one that does nothing by itself.
 *
 * <p>All workers share the broker's queues. {@link #worker} takes from them whatever is due; {@link #keepWorkerAway}
 * leaves them to the workers of a test.
 */
final class Shared {

    static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    static final String OTHER_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

    /** As long as the quota of {@link #worker} pauses after a refused key. */
    static final Duration WINDOW = Duration.ofMillis(700);

    private static final int DATABASE = 0;
    private static final int DATABASE_OF_THE_IDLE_ONE = 1;

    private static @Nullable UpstreamSimulator upstream;
    private static @Nullable WireMockServer receiver;
    private static @Nullable RunningWorker worker;
    private static @Nullable RunningWorker idleWorker;

    static {
        // They take longest; the simulator and the receiver start meanwhile.
        Thread.ofPlatform().daemon().name("start-servers").start(RunningWorker::startServers);
    }

    private Shared() {}

    /** It signs at once, unless it follows a script of a test. */
    static synchronized UpstreamSimulator upstream() {
        UpstreamSimulator started = upstream;
        if (started == null) {
            started = TestSession.share(UpstreamSimulator.start(SimulatorSettings.in(temporaryDirectory())
                    .withFailingShare(0)
                    .withCalls(100_000)
                    .withLatency(Duration.ofMillis(20))));
            upstream = started;
        }
        return started;
    }

    /** Each test has paths of its own. */
    static synchronized WireMockServer receiver() {
        WireMockServer started = receiver;
        if (started == null) {
            started = new WireMockServer(options().dynamicPort().bindAddress("127.0.0.1"));
            started.start();
            TestSession.share(started::stop);
            receiver = started;
        }
        return started;
    }

    /** The worker that does what it is made for. */
    static synchronized RunningWorker worker() {
        RunningWorker started = worker;
        if (started == null) {
            started = TestSession.share(anotherWorker());
            worker = started;
        }
        started.toBroker().open();
        return started;
    }

    /** Takes the queues, and nothing else, away from {@link #worker} until somebody asks for it again. */
    static synchronized void keepWorkerAway() {
        if (worker != null) {
            worker.toBroker().cut();
        }
    }

    /** Another worker like {@link #worker}, on the same Redis. The caller closes it. */
    static RunningWorker anotherWorker() {
        return RunningWorker.on(
                DATABASE,
                upstream().baseUrl(),
                Map.of(
                        "crypto.api.quota.window",
                        WINDOW.toMillis() + "ms",
                        "crypto.callback.secrets",
                        SECRET + "," + OTHER_SECRET,
                        "crypto.callback.allowed",
                        "127.0.0.0/8",
                        // What is slow is so for longer than any test lasts.
                        "crypto.callback.timeout",
                        "60s",
                        "crypto.retry.timeout",
                        "5m"));
    }

    /**
     * A worker that takes nothing from the queues: tests take its turns, one by one. It knows the upstream's public
     * key, and makes no callbacks. {@link #worker} leaves the queues to it.
     */
    static synchronized RunningWorker idleWorker() {
        keepWorkerAway();
        RunningWorker started = idleWorker;
        if (started == null) {
            started = TestSession.share(RunningWorker.on(
                    DATABASE_OF_THE_IDLE_ONE,
                    upstream().baseUrl(),
                    Map.of(
                            "crypto.api.public-key",
                            upstream().publicKey(),
                            // The next turn begins when a test takes it.
                            "crypto.retry.period",
                            "10ms",
                            // The longer it is, the older a grant may be when its call is made.
                            "crypto.api.quota.window",
                            "10m")));
            started.part(RetryLoop.class).stop();
            idleWorker = started;
        }
        return started;
    }

    private static Path temporaryDirectory() {
        try {
            return Files.createTempDirectory(Path.of("target"), "upstream");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
