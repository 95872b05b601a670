package io.cryptowrapper.system;

import io.cryptowrapper.simulator.SimulatorSettings;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.testing.Servers;
import io.cryptowrapper.testing.TestSession;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Two packaged APIs and a worker, fast and with callbacks, that the tests of a stage share: each has messages of its
 * own and leaves the programs running and the upstream well.
 */
final class SharedSystem {

    static final Duration DELAY = Duration.ofSeconds(1);
    static final int CALLS = 100;
    static final Duration WINDOW = Duration.ofSeconds(1);

    private static final SharedSystem SYSTEM = new SharedSystem();

    private final Servers servers = TestSession.share(TestServers.start(DELAY));
    private final UpstreamSimulator upstream;
    private final Programs one;
    private final Programs other;

    private SharedSystem() {
        upstream = TestSession.share(UpstreamSimulator.start(SimulatorSettings.in(Project.newDirectory("upstream"))
                .withCalls(1_000_000)
                .withFailingShare(0)
                .withLatency(Duration.ZERO)));
        one = TestSession.share(Programs.launch(settings(), settings(), 1));
        other = TestSession.share(Programs.launch(settings(), settings(), 0));
        one.awaitApi();
        other.awaitApi();
    }

    /** Started by the first test that needs it. */
    static SharedSystem get() {
        return SYSTEM;
    }

    UpstreamSimulator upstream() {
        return upstream;
    }

    /** An API and the worker. */
    Programs one() {
        return one;
    }

    /** Another API. */
    Programs other() {
        return other;
    }

    /** How its programs are set up, which others may join. */
    Map<String, String> settings() {
        Map<String, String> settings = new HashMap<>(servers.settings());
        settings.put("CRYPTO_API_BASE_URL", upstream.baseUrl().toString());
        settings.put("CRYPTO_API_KEY", "simulator-key");
        settings.put("CRYPTO_API_QUOTA_CALLS", Integer.toString(CALLS));
        settings.put("CRYPTO_API_QUOTA_WINDOW", WINDOW.toMillis() + "ms");
        settings.put("CRYPTO_RETRY_PERIOD", WINDOW.dividedBy(CALLS).toMillis() + "ms");
        settings.put("CRYPTO_RETRY_DELAYS", DELAY.toMillis() + "ms");
        settings.put("CRYPTO_CALLBACK_SECRETS", Receiver.SECRET);
        settings.put("CRYPTO_CALLBACK_ALLOWED", "127.0.0.1");
        return settings;
    }
}
