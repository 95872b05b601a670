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

    private final Map<String, String> apiSettings;
    private final Map<String, String> workerSettings;
    private final int apiPort = Ports.free();
    private final int managementPort = Ports.free();
    private final List<Program> workers = new ArrayList<>();
    private Program api;

    private Programs(Map<String, String> apiSettings, Map<String, String> workerSettings) {
        this.apiSettings = apiSettings;
        this.workerSettings = workerSettings;
        this.api = newApi();
    }

    /** Starts them and waits for the API. */
    public static Programs start(Map<String, String> settings, int workers) {
        return start(settings, settings, workers);
    }

    /** Starts them, each kind with its own settings, and waits for the API. */
    public static Programs start(Map<String, String> apiSettings, Map<String, String> workerSettings, int workers) {
        Programs programs = launch(apiSettings, workerSettings, workers);
        programs.awaitApi();
        return programs;
    }

    /** Starts them, each kind with its own settings, and does not wait for them. */
    static Programs launch(Map<String, String> apiSettings, Map<String, String> workerSettings, int workers) {
        Programs programs = new Programs(apiSettings, workerSettings);
        programs.startWorkers(workers);
        return programs;
    }

    /** Where the API listens for clients. */
    public int port() {
        return apiPort;
    }

    /** Asks the API for a message's signature. */
    public RawHttp.Response ask(String message) throws IOException {
        return RawHttp.sign(apiPort, message);
    }

    /** Sends the API any request. */
    public RawHttp.Response get(String target) throws IOException {
        return RawHttp.get(apiPort, target);
    }

    /** The answer of the API for operators. */
    public RawHttp.Response management(String target) throws IOException {
        return RawHttp.get(managementPort, target);
    }

    /** The API's process. */
    public ProcessHandle api() {
        return api.handle();
    }

    /** Everything that the API and the workers have printed. */
    public String output() {
        StringBuilder output = new StringBuilder(api.output());
        workers.forEach(worker -> output.append(worker.output()));
        return output.toString();
    }

    /** How many workers have been started and neither killed nor stopped. */
    public int workers() {
        return workers.size();
    }

    /** The workers' processes. */
    public List<ProcessHandle> workerProcesses() {
        return workers.stream().map(Program::handle).toList();
    }

    /** As kill -9 does. */
    public void killApi() {
        api.kill();
    }

    /** Ends the API as SIGTERM does, and waits for its end. */
    public void stopApi() {
        api.stop();
    }

    /** Starts the API again and waits for it. */
    public void startApi() {
        launchApi();
        awaitApi();
    }

    /** Starts the API again, and does not wait for it. */
    public void launchApi() {
        api = newApi();
    }

    /** Starts more workers, and does not wait for them. */
    public void startWorkers(int howMany) {
        for (int i = 0; i < howMany; i++) {
            startWorker(Map.of());
        }
    }

    /** Starts another worker, with more in its environment, and does not wait for it. */
    public void startWorker(Map<String, String> more) {
        Map<String, String> own = new HashMap<>(workerSettings);
        own.putAll(more);
        workers.add(Program.start("worker", Project.program("retry-worker"), own));
    }

    /** Waits until the worker that was started last is at work. */
    public void awaitNewestWorker() {
        await("the newest worker")
                .atMost(ofMinutes(2))
                .until(() -> workers.getLast().output().contains("The worker is up"));
    }

    /** As kill -9 does to all of them. */
    public void killWorkers() {
        killWorkers(workers.size());
    }

    /** As kill -9 does, to those that were started first. */
    public void killWorkers(int howMany) {
        List<Program> killed = workers.subList(0, howMany);
        killed.forEach(Program::kill);
        killed.clear();
    }

    /** Ends all workers as SIGTERM does, and waits for their ends. */
    public void stopWorkers() {
        while (!workers.isEmpty()) {
            stopWorker();
        }
    }

    /** Ends the worker that was started first as SIGTERM does, and waits for its end. */
    public void stopWorker() {
        workers.removeFirst().stop();
    }

    @Override
    public void close() {
        workers.forEach(Program::close);
        api.close();
    }

    private Program newApi() {
        Map<String, String> own = new HashMap<>(apiSettings);
        own.put("SERVER_PORT", Integer.toString(apiPort));
        own.put("MANAGEMENT_SERVER_PORT", Integer.toString(managementPort));
        return Program.start("api", Project.program("api-service"), own);
    }

    /** Waits until the API finds everything it needs. */
    public void awaitApi() {
        // All of it, as the first request is to find Redis and RabbitMQ there.
        await("the API")
                .atMost(ofMinutes(2))
                .ignoreExceptions()
                .until(() -> RawHttp.get(managementPort, "/actuator/health").status() == 200);
    }
}
