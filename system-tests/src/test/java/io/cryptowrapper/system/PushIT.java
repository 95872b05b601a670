package io.cryptowrapper.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.testing.EventClient;
import io.cryptowrapper.testing.RawHttp;
import io.cryptowrapper.testing.Stage;
import io.cryptowrapper.testing.Timing;
import java.io.IOException;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Two packaged APIs and a worker: a client that waits, follows, polls or is called back, at either API, gets what the
 * worker finds out.
 */
@Tag(Stage.SYSTEM)
@Timeout(300)
class PushIT {

    private static final Duration TOGETHER = Duration.ofMillis(100);
    private static final String EVENTS = "Accept: text/event-stream";

    private final Set<String> wanted = ConcurrentHashMap.newKeySet();
    private final SharedSystem system = SharedSystem.get();
    private final Programs one = system.one();
    private final Programs other = system.other();

    /** Until a test wants a signature. */
    @BeforeEach
    void upstreamFails() {
        system.upstream()
                .follow(message ->
                        wanted.contains(message) ? Optional.empty() : Optional.of(Behaviour.Answer.text(502, "down")));
    }

    @AfterEach
    void upstreamIsWell() {
        system.upstream().follow(message -> Optional.empty());
    }

    @Test
    void clients_that_wait_follow_poll_or_are_called_back_all_get_the_signature_at_either_api() throws Exception {
        var _ = spread("all get it");
    }

    @Test
    @Tag(Stage.TIMING)
    void they_get_it_within_a_tenth_of_a_second_of_each_other() throws Exception {
        AtomicInteger round = new AtomicInteger();
        Timing.best(TOGETHER, () -> {
            List<Duration> spreads = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                spreads.add(spread("together " + round.incrementAndGet()));
            }
            Collections.sort(spreads);
            return spreads.get(spreads.size() / 2);
        });
    }

    @Test
    void each_client_is_called_back_with_what_the_others_are_answered_and_once() throws Exception {
        try (Receiver receiver = Receiver.start();
                Receiver rejecting = Receiver.start()) {
            calledBack(one, target("called"), receiver);
            calledBack(other, target("called"), receiver);
            calledBack(other, target("called"), rejecting);
            wanted.add("called");

            Receiver.Received call = receiver.next();
            assertThat(call.fault()).isEmpty();
            assertThat(call.body())
                    .isEqualTo(RawHttp.get(one.port(), target("called")).body());
            assertThat(rejecting.next().id()).isNotEqualTo(call.id());

            // Who asks again when it is signed is called back again, and knows it by its id.
            calledBack(one, target("called"), receiver);
            assertThat(receiver.next().id()).isEqualTo(call.id());
            assertThat(receiver.more()).isZero();
        }
    }

    @Test
    void a_call_that_a_worker_was_killed_over_is_made_again_by_the_next_one() throws Exception {
        try (Receiver receiver = Receiver.start()) {
            receiver.leaveNextUnanswered();
            calledBack(other, target("cut off"), receiver);
            wanted.add("cut off");
            Receiver.Received call = receiver.next();

            one.killWorkers();
            one.startWorkers(1);

            Receiver.Received again = receiver.next();
            assertThat(again.fault()).isEmpty();
            assertThat(again.id()).isEqualTo(call.id());
            assertThat(again.body()).isEqualTo(call.body()).contains("\"success\":true");
        }
    }

    @Test
    void who_follows_goes_on_where_he_was_when_the_api_is_killed_and_started_again() throws Exception {
        String target = target("killed");
        String seen;
        try (EventClient client = EventClient.open(one.port(), target, EVENTS)) {
            seen = client.nextNamed("pending").id();
            one.killApi();
        }
        one.startApi();
        wanted.add("killed");

        try (EventClient client = EventClient.open(one.port(), target, EVENTS, "Last-Event-ID: " + seen)) {
            EventClient.Event signed = client.nextNamed("signed");
            assertThat(signed.data()).contains("\"success\":true");
            assertThat(client.isAtEnd()).isTrue();
            assertThat(RawHttp.get(other.port(), target, EVENTS, "Last-Event-ID: " + signed.id())
                            .status())
                    .isEqualTo(204);
        }
    }

    @Test
    void who_neither_waits_nor_follows_is_told_by_status_and_headers() throws Exception {
        // While others have their retries, a new message may not be called at once.
        await().until(() -> {
            String probe = "probe " + UUID.randomUUID();
            wanted.add(probe);
            return RawHttp.get(one.port(), target(probe)).body().contains("\"success\":true");
        });
        String target = target("told");
        RawHttp.Response accepted = RawHttp.get(one.port(), target, "Prefer: respond-async");
        assertThat(accepted.status()).isEqualTo(202);
        assertThat(accepted.header("Location")).contains(target);
        assertThat(accepted.header("Retry-After")).isPresent();
        assertThat(accepted.header("Cache-Status")).contains("CryptoAPIWrapper; fwd=uri-miss; fwd-status=502");
        assertThat(accepted.header("RateLimit-Policy")).contains("\"upstream\";q=100;w=1");

        wanted.add("told");
        await().until(() -> RawHttp.get(other.port(), target).body().contains("\"success\":true"));

        RawHttp.Response signed = RawHttp.get(other.port(), target, "Prefer: respond-async");
        assertThat(signed.status()).isEqualTo(200);
        assertThat(signed.header("Cache-Status").orElseThrow()).startsWith("CryptoAPIWrapper; hit; ttl=");
        String tag = signed.header("ETag").orElseThrow();
        assertThat(RawHttp.get(one.port(), target, "If-None-Match: " + tag).status())
                .isEqualTo(304);
    }

    /** How long after the first client the last one of all kinds has had the signature of a message. */
    private Duration spread(String message) throws Exception {
        String target = target(message);
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();
                Receiver first = Receiver.start();
                Receiver second = Receiver.start()) {
            List<Future<Long>> signed = new ArrayList<>();
            for (Programs programs : List.of(one, other)) {
                int port = programs.port();
                signed.add(clients.submit(() -> waits(port, target)));
                EventClient follower = EventClient.open(port, target, EVENTS);
                follower.nextNamed("pending");
                signed.add(clients.submit(() -> follows(follower)));
                signed.add(clients.submit(polls(port, target)));
            }
            calledBack(one, target, first);
            calledBack(other, target, second);
            signed.add(clients.submit(() -> takes(first)));
            signed.add(clients.submit(() -> takes(second)));
            wanted.add(message);
            List<Long> times = new ArrayList<>();
            for (Future<Long> time : signed) {
                times.add(time.get(60, TimeUnit.SECONDS));
            }
            return Duration.ofNanos(Collections.max(times) - Collections.min(times));
        }
    }

    private static long waits(int port, String target) throws Exception {
        try (Socket socket = RawHttp.open(port, target, "Prefer: wait=60")) {
            socket.setSoTimeout(60_000);
            assertThat(RawHttp.read(socket).body()).contains("\"success\":true");
            return System.nanoTime();
        }
    }

    private static long follows(EventClient client) throws Exception {
        try (client) {
            client.nextNamed("signed");
            return System.nanoTime();
        }
    }

    /** A client that asks to be called back. */
    private static void calledBack(Programs asked, String target, Receiver receiver) throws IOException {
        RawHttp.Response response = RawHttp.get(
                asked.port(), target + "&callback_url=" + URLEncoder.encode(receiver.url(), StandardCharsets.UTF_8));
        assertThat(response.status()).isEqualTo(200);
    }

    private static long takes(Receiver receiver) throws InterruptedException {
        Receiver.Received call = receiver.next();
        assertThat(call.fault()).isEmpty();
        assertThat(call.body()).contains("\"success\":true");
        return call.nanos();
    }

    private static Callable<Long> polls(int port, String target) {
        return () -> {
            while (!RawHttp.get(port, target).body().contains("\"success\":true")) {
                TimeUnit.MILLISECONDS.sleep(10);
            }
            return System.nanoTime();
        };
    }

    private static String target(String message) {
        return "/crypto/sign?message=" + message.replace(' ', '+');
    }
}
