package io.cryptowrapper.localstack;

import io.cryptowrapper.embedded.EmbeddedServers;
import io.cryptowrapper.embedded.Ports;
import io.cryptowrapper.embedded.Secret;
import io.cryptowrapper.embedded.StartException;
import io.cryptowrapper.settings.EnvironmentVariables;
import io.cryptowrapper.settings.ListenSettings;
import io.cryptowrapper.signing.UpstreamName;
import io.cryptowrapper.wiring.Queues;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The whole system on this machine: broker, Redis and the simulated upstream first, then the API, then the workers; at
 * the end the services first, all at once.
 */
final class LocalStack implements AutoCloseable {

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(8);

    private final StackSettings settings;
    private final Programs programs;
    private final Console console;
    private final List<ServiceProcess> services = new ArrayList<>();
    private @Nullable DataDirectory data;
    private @Nullable EmbeddedServers servers;
    private boolean closed;

    LocalStack(StackSettings settings, Programs programs, Console console) {
        this.settings = settings;
        this.programs = programs;
        this.console = console;
    }

    /** How clients on this machine reach the API. */
    String url() {
        return urlOf(settings.listen().address(), settings.listen().port());
    }

    /** Returns when the API answers. */
    void start() {
        ListenSettings listen = settings.listen();
        requireFree("SERVER_PORT", listen.address(), listen.port());
        if (listen.managementPort() != 0) {
            requireFree("MANAGEMENT_SERVER_PORT", listen.managementAddress(), listen.managementPort());
        }
        DataDirectory directory = DataDirectory.lock(settings.dataDirectory());
        Path kept = directory.resolve(settings.upstreamDirectory());
        Map<String, String> environment;
        synchronized (this) {
            data = directory;
            // While the two start, the simulator does as well: none needs another.
            Map<String, String> upstream = settings.ownUpstream() ? Map.of() : startSimulator(kept);
            environment = new HashMap<>(startServers(kept));
            environment.putAll(upstream);
            environment.putAll(callbacks(directory));
        }
        if (!settings.ownUpstream()) {
            URI publicKey = URI.create(environment.get("CRYPTO_API_BASE_URL") + "/crypto/public-key");
            environment.put("CRYPTO_API_PUBLIC_KEY", awaitAnswer("simulator", publicKey));
        }
        awaitAnswer("API", startApi(environment, directory.resolve("docs-page")));
        // Not at the same time as the API, which is to answer soon.
        startWorkers(environment);
        synchronized (this) {
            services.forEach(ServiceProcess::supervise);
            if (servers != null) {
                servers.redis().supervise(() -> console.say("Redis has ended; it is started again."));
            }
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        services.forEach(ServiceProcess::stop);
        long deadline = System.nanoTime() + STOP_LIMIT.toNanos();
        services.forEach(service -> service.awaitStop(deadline));
        if (servers != null) {
            servers.close();
        }
        if (data != null) {
            data.close();
        }
    }

    private Map<String, String> startServers(Path directory) {
        servers = EmbeddedServers.start(
                directory,
                Queues.all(
                        UpstreamName.SIGN,
                        settings.crypto().retry().delays(),
                        settings.crypto().callbacks().delays()));
        Map<String, String> environment = new HashMap<>();
        servers.properties()
                .forEach((property, value) -> environment.put(EnvironmentVariables.nameOf(property), value));
        return environment;
    }

    /** What is not set: a secret that is made up, and receivers on this machine. */
    private Map<String, String> callbacks(DataDirectory directory) {
        Map<String, String> callbacks = new HashMap<>();
        if (!settings.crypto().callbacks().enabled()) {
            callbacks.put(
                    "CRYPTO_CALLBACK_SECRETS_FILE",
                    CallbackSecret.keptIn(directory).toAbsolutePath().toString());
        }
        if (settings.crypto().callbacks().allowed().isEmpty()) {
            callbacks.put("CRYPTO_CALLBACK_ALLOWED", "127.0.0.0/8,::1,localhost");
        }
        return callbacks;
    }

    private Map<String, String> startSimulator(Path directory) {
        int port = Ports.free();
        String key = Secret.random();
        start(
                "simulator",
                programs.simulator(),
                Map.of(
                        "SIMULATOR_PORT", Integer.toString(port),
                        "SIMULATOR_KEY", key,
                        "DATA_DIR", directory.toString()));
        Map<String, String> upstream = new HashMap<>();
        System.getenv().keySet().stream()
                .filter(StackSettings::isOfUpstream)
                .forEach(variable -> upstream.put(variable, ""));
        upstream.put("CRYPTO_API_BASE_URL", urlOf(settings.simulatorAddress(), port));
        upstream.put("CRYPTO_API_KEY", key);
        return upstream;
    }

    /** Starts it and returns where its readiness can be asked for. */
    private URI startApi(Map<String, String> environment, Path docsPage) {
        ListenSettings listen = settings.listen();
        int managementPort = listen.managementPort() == 0 ? freeBut(listen.port()) : listen.managementPort();
        Map<String, String> own = new HashMap<>(environment);
        own.put("SERVER_PORT", Integer.toString(listen.port()));
        own.put("MANAGEMENT_SERVER_PORT", Integer.toString(managementPort));
        if (settings.hasDocsPage()) {
            SwaggerUi.writeTo(docsPage);
            own.put("CRYPTO_DOCS_PAGE", docsPage.toAbsolutePath().toString());
        }
        start("api", programs.api(), own);
        return URI.create(urlOf(listen.managementAddress(), managementPort) + "/actuator/health/readiness");
    }

    /** The API's own port is free yet, too. */
    private static int freeBut(int taken) {
        int port = Ports.free();
        return port == taken ? freeBut(taken) : port;
    }

    private void startWorkers(Map<String, String> environment) {
        Map<String, String> own = new HashMap<>(environment);
        own.put("SERVER_PORT", "-1");
        own.put("MANAGEMENT_SERVER_PORT", "0");
        for (int i = 1; i <= settings.workers(); i++) {
            start("worker-" + i, programs.worker(), own);
        }
    }

    private synchronized void start(String name, Path jar, Map<String, String> environment) {
        if (closed) {
            throw new StartException("Stopped.");
        }
        var service = new ServiceProcess(name, ServiceProcess.java(jar), environment, console);
        services.add(service);
        service.start();
    }

    /** The body of the first good answer. */
    private String awaitAnswer(String name, URI address) {
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        try (HttpClient http = HttpClient.newHttpClient()) {
            while (System.nanoTime() < deadline) {
                synchronized (this) {
                    if (closed || !services.stream().allMatch(ServiceProcess::isAlive)) {
                        throw new StartException("A service could not start; what it says above tells why.");
                    }
                }
                Optional<String> answer = ask(http, address);
                if (answer.isPresent()) {
                    return answer.get();
                }
                Thread.sleep(Duration.ofMillis(50));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new StartException("The " + name + " did not come up within " + START_LIMIT.toSeconds() + " s.");
    }

    private static String urlOf(InetAddress listening, int port) {
        String host = listening.isAnyLocalAddress() ? "127.0.0.1" : listening.getHostAddress();
        return "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }

    private static Optional<String> ask(HttpClient http, URI address) throws InterruptedException {
        try {
            HttpRequest request = HttpRequest.newBuilder(address)
                    .timeout(Duration.ofSeconds(2))
                    .build();
            return Optional.of(http.send(request, HttpResponse.BodyHandlers.ofString()))
                    .filter(response -> response.statusCode() == 200)
                    .map(HttpResponse::body);
        } catch (IOException notYet) {
            return Optional.empty();
        }
    }

    private static void requireFree(String setting, InetAddress address, int port) {
        try (var _ = new ServerSocket(port, 1, address)) {
            // It is.
        } catch (IOException e) {
            boolean inUse = String.valueOf(e.getMessage()).contains("in use");
            int other = inUse && port < 65000 ? port + 10 : 18080;
            throw new StartException("Port " + port
                    + (inUse
                            ? " is in use: stop what listens there, or choose another with "
                            : " cannot be used (" + e.getMessage() + "): choose another with ")
                    + setting + "=" + other + " ./run");
        }
    }
}
