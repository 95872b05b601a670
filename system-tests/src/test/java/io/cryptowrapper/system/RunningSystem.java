package io.cryptowrapper.system;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import io.cryptowrapper.simulator.SimulatorSettings;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.testing.RawHttp;
import io.cryptowrapper.testing.Servers;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * The packaged API and workers on a broker and a Redis of their own, and an upstream that allows few calls, fails for
 * half of the messages and counts its calls where they arrive.
 */
final class RunningSystem implements AutoCloseable {

    static final int CALLS = 10;

    private final Servers servers;
    private final UpstreamSimulator upstream;
    private final Programs programs;

    private RunningSystem(Servers servers, UpstreamSimulator upstream, Programs programs) {
        this.servers = servers;
        this.upstream = upstream;
        this.programs = programs;
    }

    static RunningSystem start(Pace pace, int workers) {
        Servers servers = TestServers.start(pace.period());
        UpstreamSimulator upstream = UpstreamSimulator.start(SimulatorSettings.in(Project.newDirectory("upstream"))
                .withCalls(CALLS)
                .withWindow(pace.window())
                .withFailingTime(pace.of(ofSeconds(20)))
                .withLatency(ofMillis(20)));
        return new RunningSystem(servers, upstream, Programs.start(settings(servers, pace, upstream), workers));
    }

    UpstreamSimulator upstream() {
        return upstream;
    }

    Programs programs() {
        return programs;
    }

    RawHttp.Response ask(String message) throws IOException {
        return programs.ask(message);
    }

    @Override
    public void close() {
        programs.close();
        upstream.close();
        servers.close();
    }

    private static Map<String, String> settings(Servers servers, Pace pace, UpstreamSimulator upstream) {
        Map<String, String> settings = new HashMap<>(servers.settings());
        settings.put("CRYPTO_API_BASE_URL", upstream.baseUrl().toString());
        settings.put("CRYPTO_API_KEY", "simulator-key");
        settings.put("CRYPTO_API_QUOTA_CALLS", Integer.toString(CALLS));
        settings.put("CRYPTO_API_QUOTA_WINDOW", pace.window().toMillis() + "ms");
        settings.put("CRYPTO_RETRY_PERIOD", pace.period().toMillis() + "ms");
        settings.put("CRYPTO_RETRY_DELAYS", pace.period().toMillis() + "ms");
        return settings;
    }
}
