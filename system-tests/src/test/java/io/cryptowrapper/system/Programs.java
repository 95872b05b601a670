package io.cryptowrapper.system;

import static java.time.Duration.ofMinutes;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.embedded.Ports;
import io.cryptowrapper.testing.RawHttp;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The packaged API and workers, with the same settings. */
public final class Programs implements AutoCloseable {

    private final Map<String, String> settings;
    private final int apiPort = Ports.free();
    private final int managementPort = Ports.free();
    private final List<Program> workers = new ArrayList<>();
    private Program api;

    private Programs(Map<String, String> settings) {
        this.settings = settings;
        this.api = newApi();
    }

    /** Starts them and waits for the API. */
    public static Programs start(Map<String, String> settings, int workers) {
        Programs programs = new Programs(settings);
        programs.startWorkers(workers);
        programs.awaitApi();
        return programs;
    }

    /** Asks the API for a message's signature. */
    public RawHttp.Response ask(String message) throws IOException {
        return RawHttp.sign(apiPort, message);
    }

    /** Sends the API any request. */
    public RawHttp.Response get(String target) throws IOException {
        return RawHttp.get(apiPort, target);
    }

    void killApi() {
        api.kill();
    }

    void startApi() {
        api = newApi();
        awaitApi();
    }

    /** Starts more workers, and does not wait for them. */
    public void startWorkers(int howMany) {
        for (int i = 0; i < howMany; i++) {
            workers.add(Program.start("worker", Project.program("retry-worker"), settings));
        }
    }

    void killWorkers() {
        workers.forEach(Program::kill);
        workers.clear();
    }

    /** Ends all workers as SIGTERM does, and waits for their ends. */
    public void stopWorkers() {
        workers.forEach(Program::stop);
        workers.clear();
    }

    @Override
    public void close() {
        workers.forEach(Program::close);
        api.close();
    }

    private Program newApi() {
        Map<String, String> own = new HashMap<>(settings);
        own.put("SERVER_PORT", Integer.toString(apiPort));
        own.put("MANAGEMENT_SERVER_PORT", Integer.toString(managementPort));
        return Program.start("api", Project.program("api-service"), own);
    }

    private void awaitApi() {
        // All of it, as the first request is to find Redis and RabbitMQ there.
        await("the API")
                .atMost(ofMinutes(2))
                .ignoreExceptions()
                .until(() -> RawHttp.get(managementPort, "/actuator/health").status() == 200);
    }
}
