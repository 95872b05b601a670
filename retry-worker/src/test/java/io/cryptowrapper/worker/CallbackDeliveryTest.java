package io.cryptowrapper.worker;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.http.HttpHeader;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import com.standardwebhooks.Webhook;
import io.cryptowrapper.callbacks.Callback;
import io.cryptowrapper.callbacks.CallbackPublisher;
import io.cryptowrapper.callbacks.CallbackQueue;
import io.cryptowrapper.callbacks.ParkedCallbacks;
import io.cryptowrapper.simulator.SimulatorSettings;
import io.cryptowrapper.simulator.UpstreamSimulator;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.amqp.core.MessageBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Callbacks as a worker delivers them, on a real broker and to real receivers. */
@Timeout(120)
@ExtendWith(OutputCaptureExtension.class)
class CallbackDeliveryTest {

    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final String OTHER_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    private static final String BODY =
            "{\"last_status_code\":200,\"message\":\"h\u00e9llo\",\"success\":true,\"value\":\"c2ln\"}";
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    @TempDir
    private static Path directory;

    private static UpstreamSimulator upstream;

    private final WireMockServer receiver =
            new WireMockServer(options().dynamicPort().bindAddress("127.0.0.1"));
    private final List<RunningWorker> workers = new ArrayList<>();
    private final String id = "msg_" + UUID.randomUUID();

    @BeforeAll
    static void startUpstream() {
        upstream = UpstreamSimulator.start(SimulatorSettings.in(directory));
    }

    @AfterAll
    static void stopUpstream() {
        upstream.close();
    }

    @BeforeEach
    void start() {
        receiver.start();
    }

    @AfterEach
    void stop() {
        if (!workers.isEmpty()) {
            RunningWorker last = workers.getLast();
            last.toBroker().open();
            await("nothing is left for other tests").ignoreExceptions().until(() -> {
                for (String queue : List.of("work", "wait.200ms", "wait.500ms", "wait.1s", "parking")) {
                    last.rabbit().execute(channel -> channel.queuePurge("sign.callback." + queue));
                }
                return last.part(CallbackQueue.class).waiting() == 0;
            });
        }
        workers.forEach(RunningWorker::close);
        receiver.stop();
    }

    @Test
    void a_callback_is_posted_once_and_signed_as_the_standard_says(CapturedOutput output) throws Exception {
        answers(204);
        RunningWorker worker = startWorker(Map.of());

        publish(worker, "/hook?token=s3cret");

        await().untilAsserted(() -> assertThat(posts()).hasSize(1));
        awaitNothingLeft(worker);
        LoggedRequest post = posts().getFirst();
        assertThat(post.getUrl()).isEqualTo("/hook?token=s3cret");
        assertThat(post.getBodyAsString()).isEqualTo(BODY);
        assertThat(post.getHeader("content-type")).isEqualTo("application/json");
        assertThat(post.getHeader("webhook-id")).isEqualTo(id);
        assertThat(Long.parseLong(post.getHeader("webhook-timestamp")))
                .isCloseTo(Instant.now().getEpochSecond(), org.assertj.core.data.Offset.offset(60L));
        assertThat(post.getHeader("user-agent")).isEqualTo("CryptoAPIWrapper");
        assertThat(post.getHeaders().keys().stream().map(String::toLowerCase))
                .doesNotContain("authorization", "cookie", "upgrade", "accept-encoding");
        for (String secret : List.of(SECRET, OTHER_SECRET)) {
            new Webhook(secret).verify(post.getBodyAsString(), headersOf(post));
        }
        assertThat(posts()).hasSize(1);
        assertThat(output.getOut())
                .contains("Callback " + id + " to 127.0.0.1: delivered, 204 at attempt 1")
                .doesNotContain("s3cret", "/hook", SECRET.substring(6), "h\u00e9llo");
        assertThat(worker.management("/actuator/metrics/callbacks.ended?tag=outcome:delivered")
                        .body())
                .contains("\"value\":1.0");
    }

    @Test
    void what_fails_is_tried_again_with_the_same_id_and_a_timestamp_of_its_own() {
        failsFirst(2, aResponse().withStatus(500).withBody("busy"));
        RunningWorker worker = startWorker(Map.of());

        publish(worker, "/hook");

        await().untilAsserted(() -> assertThat(posts()).hasSize(3));
        awaitNothingLeft(worker);
        assertThat(posts()).extracting(post -> post.getHeader("webhook-id")).containsOnly(id);
        assertThat(gap(0)).isGreaterThanOrEqualTo(Duration.ofMillis(180));
        assertThat(gap(1)).isGreaterThanOrEqualTo(Duration.ofMillis(480));
        assertThat(posts()).hasSize(3);
    }

    @Test
    void a_receiver_that_wants_no_more_of_it_gets_no_more(CapturedOutput output) {
        answers(410);
        RunningWorker worker = startWorker(Map.of());

        publish(worker, "/hook");

        await().until(() -> output.getOut().contains("Callback " + id + " to 127.0.0.1: not wanted any more, 410"));
        awaitNothingLeft(worker);
        assertThat(posts()).hasSize(1);
        assertThat(worker.part(ParkedCallbacks.class).count()).isZero();
    }

    @Test
    void a_longer_pause_that_the_receiver_asks_for_is_kept() {
        failsFirst(1, aResponse().withStatus(503).withHeader("Retry-After", "2"));
        RunningWorker worker = startWorker(Map.of());

        publish(worker, "/hook");

        await().untilAsserted(() -> assertThat(posts()).hasSize(2));
        assertThat(gap(0)).isGreaterThanOrEqualTo(Duration.ofMillis(1900));
    }

    @Test
    void a_redirect_is_not_followed_but_a_failed_attempt() {
        receiver.stubFor(post(urlPathEqualTo("/hook"))
                .willReturn(aResponse().withStatus(307).withHeader("Location", receiver.url("/elsewhere"))));
        receiver.stubFor(
                post(urlPathEqualTo("/elsewhere")).willReturn(aResponse().withStatus(200)));
        RunningWorker worker = startWorker(Map.of("crypto.callback.delays", "0s,200ms"));

        publish(worker, "/hook");

        await().until(() -> worker.part(ParkedCallbacks.class).count() == 1);
        assertThat(posts()).extracting(LoggedRequest::getUrl).containsExactly("/hook", "/hook");
        assertThat(worker.part(ParkedCallbacks.class).first(10).getFirst().reason())
                .isEqualTo("it answered 307");
    }

    @Test
    void a_receiver_that_is_slow_does_not_hold_up_the_others() {
        answers(200);
        var slow = new WireMockServer(options().dynamicPort().bindAddress("127.0.0.2"));
        slow.start();
        try {
            slow.stubFor(post(anyUrl()).willReturn(aResponse().withFixedDelay(60_000)));
            RunningWorker worker = startWorker(Map.of("crypto.callback.timeout", "60s"));
            for (int i = 0; i < 60; i++) {
                publish(worker, "slow-" + i, URI.create("http://127.0.0.2:" + slow.port() + "/hook"));
            }
            long start = System.nanoTime();

            publish(worker, "/hook");

            await().untilAsserted(() -> assertThat(posts()).hasSize(1));
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(30));
            assertThat(slow.getAllServeEvents()).hasSizeLessThanOrEqualTo(4);
        } finally {
            slow.stop();
        }
    }

    @Test
    void an_answer_that_never_ends_counts_by_its_head_and_one_without_a_head_is_cut() {
        receiver.stubFor(post(urlPathEqualTo("/drip"))
                .willReturn(aResponse().withBody("x".repeat(1000)).withChunkedDribbleDelay(100, 60_000)));
        receiver.stubFor(post(urlPathEqualTo("/silent")).willReturn(aResponse().withFixedDelay(60_000)));
        RunningWorker worker = startWorker(Map.of("crypto.callback.timeout", "3s", "crypto.callback.delays", "0s"));

        publish(worker, "drip", url("/drip"));
        publish(worker, "silent", url("/silent"));

        await().until(() -> worker.part(ParkedCallbacks.class).count() == 1);
        awaitNothingLeft(worker);
        assertThat(worker.part(ParkedCallbacks.class).first(10).getFirst()).satisfies(parked -> {
            assertThat(parked.callback().orElseThrow().id()).isEqualTo("silent");
            assertThat(parked.reason()).isEqualTo("no answer within 3000 ms");
        });
        assertThat(posts()).hasSize(2);
    }

    @Test
    void after_the_last_attempt_it_is_parked_and_shown_and_replayed() throws Exception {
        answers(500);
        RunningWorker worker = startWorker(Map.of("crypto.callback.delays", "0s,200ms"));
        publish(worker, "/hook?token=s3cret");
        publish(worker, "other", url("/other"));
        worker.rabbit()
                .send(
                        "",
                        "sign.callback.work",
                        MessageBuilder.withBody("{garbage".getBytes(UTF_8)).build());
        await().until(() -> worker.part(ParkedCallbacks.class).count() == 3);
        assertThat(posts()).hasSize(4);

        String shown = worker.management("/actuator/callbacks").body();

        assertThat(shown)
                .startsWith("{\"parked\":3,\"waiting\":0,\"first\":[")
                .contains("{\"id\":\"" + id + "\",\"host\":\"127.0.0.1\",\"created\":\"")
                .contains("\"attempts\":2,\"reason\":\"it answered 500\"}")
                .contains("{\"reason\":\"not the JSON of a callback\"}")
                .doesNotContain("s3cret", "hook", "c2ln");
        assertThat(worker.part(ParkedCallbacks.class).count()).isEqualTo(3);

        answers(200);
        assertThat(replay(worker, "{\"id\":\"" + id + "\"}")).isEqualTo("{\"replayed\":1}");
        await().untilAsserted(() -> assertThat(posts()).hasSize(5));
        assertThat(replay(worker, "{}")).isEqualTo("{\"replayed\":1}");
        await().untilAsserted(() -> assertThat(posts()).hasSize(6));
        assertThat(posts().subList(4, 6))
                .extracting(post -> post.getHeader("webhook-id"))
                .containsExactly(id, "other");
        awaitNothingLeft(worker);
        assertThat(worker.part(ParkedCallbacks.class).first(10))
                .singleElement()
                .satisfies(parked -> assertThat(parked.reason()).isEqualTo("not the JSON of a callback"));
    }

    @Test
    void a_target_that_is_refused_when_it_is_connected_to_is_a_failed_attempt_without_a_request() {
        answers(200);
        RunningWorker worker =
                startWorker(Map.of("crypto.callback.allowed", "203.0.113.1", "crypto.callback.delays", "0s,200ms"));

        publish(worker, "tls", URI.create("https://127.0.0.1:" + receiver.port() + "/hook"));
        publish(worker, "plain", url("/hook"));
        publish(worker, "name", URI.create("https://localhost:" + receiver.port() + "/hook"));

        await().until(() -> worker.part(ParkedCallbacks.class).count() == 3);
        assertThat(worker.part(ParkedCallbacks.class).first(10))
                .extracting(ParkedCallbacks.Parked::reason)
                .containsExactlyInAnyOrder(
                        "A callback's URL must have a host that can be found, with public addresses only.",
                        "A callback's URL must have a host that can be found, with public addresses only.",
                        "A callback's URL must begin with https://.");
        assertThat(receiver.getAllServeEvents()).isEmpty();
    }

    @Test
    void what_a_worker_has_under_way_when_it_stops_is_delivered_by_another_one() {
        receiver.stubFor(post(anyUrl()).willReturn(aResponse().withFixedDelay(60_000)));
        RunningWorker stopping = startWorker(Map.of());
        publish(stopping, "/hook");
        await().untilAsserted(() -> assertThat(posts()).hasSize(1));
        answers(200);

        stopping.stop();

        RunningWorker other = startWorker(Map.of());
        await().untilAsserted(() -> assertThat(posts()).hasSize(2));
        awaitNothingLeft(other);
    }

    @Test
    void what_is_not_acknowledged_when_the_broker_is_lost_comes_again_and_others_follow() {
        RunningWorker worker = startWorker(Map.of());
        receiver.stubFor(post(anyUrl()).willReturn(aResponse().withStatus(500).withFixedDelay(1000)));
        publish(worker, "/hook");
        await().untilAsserted(() -> assertThat(posts()).hasSize(1));
        worker.toBroker().cut();
        answers(200);

        worker.toBroker().open();

        await().untilAsserted(() -> assertThat(posts()).hasSizeGreaterThanOrEqualTo(2));
        await().ignoreExceptions().untilAsserted(() -> publish(worker, "after", url("/after")));
        await().untilAsserted(() -> receiver.verify(postRequestedFor(urlPathEqualTo("/after"))));
        awaitNothingLeft(worker);
    }

    @Test
    void it_needs_no_redis() {
        answers(200);
        RunningWorker worker = startWorker(Map.of());
        worker.toRedis().cut();

        publish(worker, "/hook");

        await().untilAsserted(() -> assertThat(posts()).hasSize(1));
    }

    @Test
    void without_secrets_callbacks_stay_where_they_are() {
        RunningWorker without = startWorker(Map.of("crypto.callback.secrets", ""));
        publish(without, "/hook");
        await().until(() -> without.part(CallbackQueue.class).waiting() == 1);
        answers(200);

        startWorker(Map.of());

        await().untilAsserted(() -> assertThat(posts()).hasSize(1));
    }

    private RunningWorker startWorker(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(Map.of(
                "crypto.callback.delays", "0s,200ms,500ms",
                "crypto.callback.allowed", "127.0.0.0/8",
                "crypto.callback.secrets", SECRET + "," + OTHER_SECRET));
        all.putAll(settings);
        RunningWorker worker = RunningWorker.on(RunningWorker.newDatabase(), upstream.baseUrl(), all);
        workers.add(worker);
        return worker;
    }

    private void publish(RunningWorker worker, String path) {
        publish(worker, id, url(path));
    }

    private static void publish(RunningWorker worker, String id, URI url) {
        worker.part(CallbackPublisher.class).publish(Callback.first(id, url, BODY, Instant.now()), PATIENCE);
    }

    private URI url(String path) {
        return URI.create("http://127.0.0.1:" + receiver.port() + path);
    }

    private void answers(int status) {
        receiver.stubFor(post(anyUrl()).willReturn(aResponse().withStatus(status)));
    }

    private void failsFirst(int times, com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder failure) {
        String state = Scenario.STARTED;
        for (int i = 1; i <= times; i++) {
            receiver.stubFor(post(anyUrl())
                    .inScenario("failing")
                    .whenScenarioStateIs(state)
                    .willSetStateTo("failed " + i)
                    .willReturn(failure));
            state = "failed " + i;
        }
        receiver.stubFor(post(anyUrl())
                .inScenario("failing")
                .whenScenarioStateIs(state)
                .willReturn(aResponse().withStatus(200)));
    }

    private List<LoggedRequest> posts() {
        return receiver.findAll(postRequestedFor(anyUrl())).stream()
                .sorted(java.util.Comparator.comparing(LoggedRequest::getLoggedDate))
                .toList();
    }

    /** How much later than an attempt the next one came. */
    private Duration gap(int attempt) {
        List<LoggedRequest> posts = posts();
        return Duration.between(
                posts.get(attempt).getLoggedDate().toInstant(),
                posts.get(attempt + 1).getLoggedDate().toInstant());
    }

    private static void awaitNothingLeft(RunningWorker worker) {
        await().ignoreExceptions().until(() -> worker.part(CallbackQueue.class).waiting() == 0);
    }

    private static String replay(RunningWorker worker, String body) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<String> response = http.send(
                    HttpRequest.newBuilder(
                                    URI.create("http://127.0.0.1:" + worker.managementPort() + "/actuator/callbacks"))
                            .header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            return response.body();
        }
    }

    private static HttpHeaders headersOf(LoggedRequest post) {
        return HttpHeaders.of(
                post.getHeaders().all().stream().collect(Collectors.toMap(HttpHeader::key, HttpHeader::values)),
                (name, value) -> true);
    }
}
