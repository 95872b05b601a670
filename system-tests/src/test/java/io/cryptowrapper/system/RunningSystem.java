package io.cryptowrapper.system;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.embedded.Ports;
import io.cryptowrapper.simulator.SimulatorSettings;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.testing.RawHttp;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The packaged API and workers on a broker and a Redis, and an upstream that counts its calls where they arrive. */
final class RunningSystem implements AutoCloseable {

    static final int CALLS = 10;

    private final Servers servers;
    private final Pace pace;
    private final UpstreamSimulator upstream;
    private final int apiPort = Ports.free();
    private final int managementPort = Ports.free();
    private final List<Program> workers = new ArrayList<>();
    private Program api;

    private RunningSystem(Servers servers, Pace pace) {
        this.servers = servers;
        this.pace = pace;
        this.upstream = UpstreamSimulator.start(SimulatorSettings.in(Project.newDirectory("upstream"))
                .withCalls(CALLS)
                .withWindow(pace.window())
                .withFailingTime(pace.of(ofSeconds(20)))
                .withLatency(ofMillis(20)));
        this.api = newApi();
    }

    static RunningSystem start(Servers servers, Pace pace, int workers) {
        System.out.println("On " + servers.name() + ":");
        RunningSystem system = new RunningSystem(servers, pace);
        system.startWorkers(workers);
        system.awaitApi();
        return system;
    }

    UpstreamSimulator upstream() {
        return upstream;
    }

    RawHttp.Response ask(String message) throws IOException {
        return RawHttp.get(apiPort, "/crypto/sign?message=" + encoded(message));
    }

    boolean isSignature(String message, String signature) throws IOException {
        String query = "message=" + encoded(message) + "&signature=" + encoded(signature);
        return RawHttp.get(upstream.port(), "/crypto/verify?" + query).body().equals("{\"valid\":true}");
    }

    void killApi() {
        api.kill();
    }

    void startApi() {
        api = newApi();
        awaitApi();
    }

    void startWorkers(int howMany) {
        for (int i = 0; i < howMany; i++) {
            workers.add(Program.start("worker", Project.program("retry-worker"), settings()));
        }
    }

    void killWorkers() {
        workers.forEach(Program::kill);
        workers.clear();
    }

    @Override
    public void close() {
        workers.forEach(Program::close);
        api.close();
        upstream.close();
    }

    private Program newApi() {
        Map<String, String> own = settings();
        own.put("SERVER_PORT", Integer.toString(apiPort));
        own.put("MANAGEMENT_SERVER_PORT", Integer.toString(managementPort));
        return Program.start("api", Project.program("api-service"), own);
    }

    private void awaitApi() {
        await("the API")
                .atMost(ofMinutes(1))
                .ignoreExceptions()
                .until(() -> RawHttp.get(managementPort, "/actuator/health/readiness")
                                .status()
                        == 200);
    }

    private Map<String, String> settings() {
        Map<String, String> settings = new HashMap<>(servers.settings());
        settings.put("CRYPTO_API_BASE_URL", upstream.baseUrl().toString());
        settings.put("CRYPTO_API_KEY", "simulator-key");
        settings.put("CRYPTO_API_QUOTA_CALLS", Integer.toString(CALLS));
        settings.put("CRYPTO_API_QUOTA_WINDOW", pace.window().toMillis() + "ms");
        settings.put("CRYPTO_RETRY_PERIOD", pace.period().toMillis() + "ms");
        settings.put("CRYPTO_RETRY_DELAYS", pace.period().toMillis() + "ms");
        return settings;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
