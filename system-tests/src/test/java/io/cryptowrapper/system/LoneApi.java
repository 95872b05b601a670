package io.cryptowrapper.system;

import io.cryptowrapper.simulator.SimulatorSettings;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.testing.Servers;
import io.cryptowrapper.testing.TestSession;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** A packaged API on servers of its own, for tests that overload it: no worker tries what it has queued. */
final class LoneApi {

    private static final Programs API = start();

    private LoneApi() {}

    /** Started by the first test that needs it. */
    static Programs get() {
        return API;
    }

    private static Programs start() {
        Servers servers = TestSession.share(TestServers.start(Duration.ofSeconds(1)));
        UpstreamSimulator upstream = TestSession.share(UpstreamSimulator.start(
                SimulatorSettings.in(Project.newDirectory("upstream")).withCalls(1_000_000)));
        Map<String, String> settings = new HashMap<>(servers.settings());
        settings.put("CRYPTO_API_BASE_URL", upstream.baseUrl().toString());
        settings.put("CRYPTO_API_KEY", "simulator-key");
        settings.put("CRYPTO_API_QUOTA_CALLS", "500");
        settings.put("CRYPTO_API_QUOTA_WINDOW", "25s");
        settings.put("CRYPTO_RETRY_DELAYS", "1s");
        settings.put("CRYPTO_RETRY_MAX_PENDING", "5000");
        settings.put("CRYPTO_CALLBACK_SECRETS", Receiver.SECRET);
        return TestSession.share(Programs.start(settings, 0));
    }
}
