package io.cryptowrapper.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.testing.Stage;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Requests of all kinds, most of them malformed, drawn from a seed: none is answered with an error of the server, but
 * for a 503 that says when to come back, and no answer shows anything of the inside.
 *
 * <p>{@code -Dfuzz.requests} and {@code -Dfaults.seed} make it more and others.
 */
@Tag(Stage.SYSTEM)
@Timeout(1200)
class FuzzIT {

    private static final Programs API = LoneApi.get();
    private static final int REQUESTS = Integer.getInteger("fuzz.requests", 2000);
    private static final long SEED = Long.getLong("faults.seed", 1);
    private static final int CLIENTS = 16;
    private static final int PATIENCE = 10_000;
    private static final int LONGEST_ANSWER = 512 * 1024;

    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.1 (\\d{3})");
    private static final Pattern VERSION = Pattern.compile("[\\r\\n]*[^\\r\\n]*HTTP/");
    private static final Pattern PROBLEM = Pattern.compile("\\{\"detail\":\"[^\"]*\",.*\"status\":(\\d{3}),.*}");

    private final Map<String, AtomicInteger> statuses = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();

    @Test
    void no_request_whatsoever_makes_the_api_fail() throws Exception {
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            IntStream.range(0, CLIENTS)
                    .forEach(client -> clients.execute(() -> {
                        RandomRequests requests = new RandomRequests(new Random(SEED * CLIENTS + client));
                        for (int i = 0; i < REQUESTS / CLIENTS; i++) {
                            send(API.port(), requests.next());
                        }
                    }));
        }

        System.out.println("Seed " + SEED + ", " + REQUESTS + " requests, answered with: " + new TreeMap<>(statuses));
        assertThat(wrong).isEmpty();
        assertThat(statuses).containsKeys("200", "400", "404", "405", "413");
        assertThat(API.ask("all is well").status()).isIn(200, 503);
        assertThat(API.api().isAlive()).isTrue();
    }

    private void send(int port, byte[] request) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(PATIENCE);
            try {
                socket.getOutputStream().write(request);
                socket.shutdownOutput();
            } catch (IOException e) {
                // It has been answered already.
            }
            note(request, answer(socket.getInputStream()).replaceFirst("^HTTP/1\\.1 100 \r\n\r\n", ""));
        } catch (IOException e) {
            count("connection reset");
        }
    }

    private static String answer(InputStream in) throws IOException {
        try {
            return new String(in.readNBytes(LONGEST_ANSWER), StandardCharsets.ISO_8859_1);
        } catch (java.net.SocketTimeoutException e) {
            return "no answer in time";
        }
    }

    private void note(byte[] request, String answer) {
        String status = answer.isEmpty() ? "closed" : status(request, answer);
        count(status);
        boolean deliberate = status.equals("503") && answer.contains("Retry-After: ");
        boolean leaks = answer.contains("Exception") || answer.contains("\tat ") || answer.contains("org.apache");
        if ((status.startsWith("5") && !deliberate) || status.equals("no HTTP") || leaks) {
            String shown = new String(request, StandardCharsets.ISO_8859_1);
            wrong.add(shown.substring(0, Math.min(shown.length(), 300)) + "\n-> "
                    + answer.substring(0, Math.min(answer.length(), 300)));
        }
    }

    private static String status(byte[] request, String answer) {
        Matcher start = STATUS_LINE.matcher(answer);
        if (start.lookingAt()) {
            return start.group(1);
        }
        // A request line without a version is HTTP/0.9, to which the answer is a body alone.
        Matcher problem = PROBLEM.matcher(answer);
        boolean versioned = VERSION.matcher(new String(request, StandardCharsets.ISO_8859_1))
                .lookingAt();
        return !versioned && problem.matches() ? problem.group(1) : "no HTTP";
    }

    private void count(String status) {
        statuses.computeIfAbsent(status, key -> new AtomicInteger()).incrementAndGet();
    }
}
