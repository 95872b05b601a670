package io.cryptowrapper.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLEncoder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Clients that are called back, each message at a URL of its own, and who was promised it. Some calls fail at first.
 */
final class Callbacks implements AutoCloseable {

    /** For the services: an attempt a second, and more of them than any message needs. */
    static final Map<String, String> SETTINGS = Map.of(
            "CRYPTO_CALLBACK_SECRETS", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "CRYPTO_CALLBACK_ALLOWED", "127.0.0.1",
            "CRYPTO_CALLBACK_DELAYS", "0s" + ",1s".repeat(15));

    private static final int MOST_FAILURES = 3;

    /** As long as a worker may take to notice that its clock was set right. */
    private static final Duration AFTERMATH = Duration.ofSeconds(5);

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, Called> called = new ConcurrentHashMap<>();
    private final Set<String> promised = ConcurrentHashMap.newKeySet();
    private final Set<String> excused = ConcurrentHashMap.newKeySet();
    private volatile long excusedUntil = System.nanoTime();
    private final List<String> wrong = new ArrayList<>();

    private Callbacks(HttpServer server) {
        this.server = server;
    }

    /** What a message's URL has got so far. */
    private record Called(String message, AtomicInteger attempts, Set<String> ids, Set<String> bodies) {
        Called(String message) {
            this(message, new AtomicInteger(), ConcurrentHashMap.newKeySet(), ConcurrentHashMap.newKeySet());
        }
    }

    static Callbacks start() {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            var callbacks = new Callbacks(server);
            server.createContext("/", callbacks::take);
            server.setExecutor(callbacks.threads);
            server.start();
            return callbacks;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The request that has a message signed and its end posted. */
    String target(String message) {
        called.put(path(message), new Called(message));
        if (System.nanoTime() - excusedUntil < 0) {
            excused.add(message);
        }
        return "/crypto/sign?message=" + URLEncoder.encode(message, UTF_8) + "&callback_url="
                + URLEncoder.encode("http://127.0.0.1:" + server.getAddress().getPort() + path(message), UTF_8);
    }

    /** The request has been taken. */
    void promised(String message) {
        promised.add(message);
    }

    /** Those that there are now, and that come soon, need not be posted: see the README's limits. */
    void excuse() {
        excusedUntil = System.nanoTime() + AFTERMATH.toNanos();
        called.values().forEach(one -> excused.add(one.message()));
    }

    /** Messages whose end was promised to be posted and was not yet. */
    Set<String> missing() {
        Set<String> missing = new TreeSet<>(promised);
        missing.removeAll(excused);
        missing.removeIf(message -> !posted(message).isEmpty());
        return missing;
    }

    /** What was posted for it, each time the same if all is well. */
    Set<String> posted(String message) {
        return Set.copyOf(of(path(message)).bodies());
    }

    /** Callbacks that should not have come. */
    synchronized List<String> wrong() {
        return List.copyOf(wrong);
    }

    String summary() {
        return "%d callbacks promised, %d of them excused by FLUSHALL or a wrong clock; %d calls, at most %d for one"
                .formatted(
                        promised.size(),
                        excused.stream().filter(promised::contains).count(),
                        called.values().stream()
                                .mapToInt(one -> one.attempts().get())
                                .sum(),
                        called.values().stream()
                                .mapToInt(one -> one.attempts().get())
                                .max()
                                .orElse(0));
    }

    @Override
    public void close() {
        server.stop(0);
        threads.close();
    }

    private Called of(String path) {
        return Objects.requireNonNull(called.get(path), path);
    }

    private static String path(String message) {
        return "/" + URLEncoder.encode(message, UTF_8);
    }

    private void take(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getRawPath();
            String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
            String id = Objects.requireNonNullElse(exchange.getRequestHeaders().getFirst("webhook-id"), "none");
            Called one = called.get(path);
            if (one == null) {
                wrong(path + " was never asked for");
                exchange.sendResponseHeaders(410, -1);
                return;
            }
            one.ids().add(id);
            if (one.ids().size() > 1) {
                wrong(path + " with more than one id: " + one.ids());
            }
            if (one.attempts().incrementAndGet() <= Math.floorMod(path.hashCode(), MOST_FAILURES + 1)) {
                exchange.sendResponseHeaders(500, -1);
                return;
            }
            exchange.sendResponseHeaders(204, -1);
            one.bodies().add(body);
        }
    }

    private synchronized void wrong(String what) {
        wrong.add(what);
    }
}
