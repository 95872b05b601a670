package io.cryptowrapper.faults;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.system.Processes;
import io.cryptowrapper.testing.Stage;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What clients are told, and how soon, when they are very many. */
@Tag(Stage.FAULTS)
class LoadRun {

    private static final Duration TIME = ofSeconds(60);
    private static final Duration PROMISED = ofSeconds(2);

    private final AtomicInteger sent = new AtomicInteger();
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger shed = new AtomicInteger();
    private final AtomicInteger other = new AtomicInteger();
    private final AtomicLong slowest = new AtomicLong();
    private final Ledger ledger = new Ledger();

    @Test
    void two_hundred_new_messages_a_second_while_the_upstream_hangs_are_answered_in_time() throws Exception {
        // So large a budget that each of them is called, and hangs.
        Arena.Pace pace = new Arena.Pace(100_000, ofSeconds(60), ofSeconds(1));
        run(pace, new Behaviour.Hang(ofSeconds(40)), 200, 400, Map.of(), Duration.ZERO);
        assertThat(other.get()).isZero();
        assertThat(shed.get()).isZero();
        assertThat(Duration.ofNanos(slowest.get())).isLessThan(PROMISED);
    }

    @Test
    void ten_thousand_requests_a_second_are_answered_or_refused_and_nothing_accepted_is_lost() throws Exception {
        run(
                Arena.Pace.FAST,
                new Behaviour.Reset(),
                10_000,
                2000,
                Map.of("CRYPTO_RETRY_MAX_PENDING", "2000"),
                Duration.ofMinutes(20));
        assertThat(other.get()).isZero();
        assertThat(shed.get()).isPositive();
        // Those who ask take the same processors.
        assertThat(Duration.ofNanos(slowest.get())).isLessThan(ofSeconds(10));
    }

    private void run(
            Arena.Pace pace,
            Behaviour behaviour,
            int perSecond,
            int connections,
            Map<String, String> settings,
            Duration allAreSignedIn)
            throws Exception {
        try (FragileServers servers = FragileServers.start();
                ScriptedUpstream upstream = new ScriptedUpstream(0, Duration.ZERO);
                Arena arena = Arena.start(servers.servers(), pace, upstream, 1, settings)) {
            for (int i = 0; i < 500; i++) {
                arena.programs().ask("warm " + i % 50);
            }
            upstream.does(behaviour);
            long start = System.nanoTime();
            long until = start + TIME.toNanos();
            long threads = 0;
            long memory = 0;
            try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int i = 0; i < connections; i++) {
                    clients.execute(() -> client(arena.programs().port(), start, until, perSecond));
                }
                while (System.nanoTime() < until) {
                    threads =
                            Math.max(threads, Processes.threads(arena.programs().api()));
                    memory = Math.max(memory, Processes.memory(arena.programs().api()));
                    TimeUnit.SECONDS.sleep(1);
                }
            }
            System.out.printf(
                    "%d a second wanted over %d connections: %d sent in %s; %d accepted, %d refused with 503 and"
                        + " Retry-After, %d otherwise; the slowest answer took %d ms; at most %d threads and %d MiB of"
                        + " memory%n",
                    perSecond,
                    connections,
                    sent.get(),
                    TIME,
                    accepted.get(),
                    shed.get(),
                    other.get(),
                    slowest.get() / 1_000_000,
                    threads,
                    memory / 1024);
            upstream.isWell();
            assertThat(ledger.waiting()).isNotEmpty();
            if (allAreSignedIn.isPositive()) {
                await("calls that sign each message, though nobody asks")
                        .atMost(allAreSignedIn)
                        .until(() -> upstream.signed().containsAll(ledger.waiting()));
            }
        }
    }

    /** Sends one request after the other over one connection, each when its time has come. */
    private void client(int port, long start, long until, int perSecond) {
        while (System.nanoTime() < until) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setSoTimeout(20_000);
                InputStream in = new BufferedInputStream(socket.getInputStream());
                while (System.nanoTime() < until) {
                    int number = sent.getAndIncrement();
                    long due = start + number * 1_000_000_000L / perSecond;
                    long early = due - System.nanoTime();
                    if (early > 0) {
                        TimeUnit.NANOSECONDS.sleep(early);
                    }
                    String message = "load-" + number;
                    long asked = System.nanoTime();
                    socket.getOutputStream()
                            .write(("GET /crypto/sign?message=" + message + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                                    .getBytes(StandardCharsets.US_ASCII));
                    String answer = answer(in);
                    slowest.accumulateAndGet(System.nanoTime() - asked, Math::max);
                    note(message, answer);
                    if (answer.contains("Connection: close")) {
                        break;
                    }
                }
            } catch (IOException e) {
                other.incrementAndGet();
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void note(String message, String answer) {
        if (answer.startsWith("HTTP/1.1 200 ")) {
            accepted.incrementAndGet();
            if (answer.contains("\"retry_in_seconds\"")) {
                ledger.accepted(message);
            }
        } else if (answer.startsWith("HTTP/1.1 503 ") && answer.contains("Retry-After: ")) {
            shed.incrementAndGet();
        } else {
            other.incrementAndGet();
        }
    }

    /** Headers and a body, whose length is told or which comes in chunks. */
    private static String answer(InputStream in) throws IOException {
        StringBuilder answer = new StringBuilder();
        while (answer.length() < 4 || !answer.substring(answer.length() - 4).equals("\r\n\r\n")) {
            int c = in.read();
            if (c < 0) {
                throw new IOException("cut off");
            }
            answer.append((char) c);
        }
        String headers = answer.toString();
        List<String> lengths = Arrays.stream(headers.split("\r\n"))
                .filter(line -> line.startsWith("Content-Length: "))
                .toList();
        if (!lengths.isEmpty()) {
            int length = Integer.parseInt(lengths.getFirst().substring("Content-Length: ".length()));
            return headers + new String(in.readNBytes(length), StandardCharsets.UTF_8);
        }
        while (!answer.substring(answer.length() - 5).equals("0\r\n\r\n")) {
            answer.append((char) in.read());
        }
        return answer.toString();
    }
}
