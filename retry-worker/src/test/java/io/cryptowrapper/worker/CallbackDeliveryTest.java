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
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.http.HttpHeader;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import com.standardwebhooks.Webhook;
import io.cryptowrapper.callbacks.Callback;
import io.cryptowrapper.callbacks.CallbackPublisher;
import io.cryptowrapper.callbacks.CallbackQueue;
import io.cryptowrapper.callbacks.ParkedCallbacks;
import io.cryptowrapper.testing.RawHttp;
import io.cryptowrapper.testing.Stage;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.amqp.core.MessageBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Callbacks as a worker delivers them, on a real broker and to real receivers. */
@Tag(Stage.BOTH_SERVERS)
@ExtendWith(OutputCaptureExtension.class)
class CallbackDeliveryTest {

    private static final String BODY =
            "{\"last_status_code\":200,\"message\":\"h\u00e9llo\",\"success\":true,\"value\":\"c2ln\"}";
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** More than a worker works on at the same time. */
    private static final int MANY = CallbackQueue.MOST_AT_ONCE + 10;

    private final WireMockServer receiver = Shared.receiver();
    private final RunningWorker worker = Shared.worker();
    private final String id = "msg_" + UUID.randomUUID();
    private final String path = "/hook-of-" + id;

    @BeforeEach
    void nothingIsParked() {
        worker.rabbit().execute(channel -> channel.queuePurge("sign.callback.parking"));
    }

    @AfterEach
    void nothingWaits() {
        worker.repair();
        awaitNothingWaits();
    }

    @Test
    void a_callback_is_posted_once_and_signed_as_the_standard_says(CapturedOutput output) throws Exception {
        double before = worker.metric("callbacks.ended?tag=outcome:delivered");
        answers(204);

        publish(worker, id, url(path + "?token=s3cret"));

        await().until(() -> output.getOut().contains("Callback " + id + " to 127.0.0.1: delivered, 204 at attempt 1"));
        awaitNothingWaits();
        assertThat(posts()).hasSize(1);
        LoggedRequest post = posts().getFirst();
        assertThat(post.getUrl()).isEqualTo(path + "?token=s3cret");
        assertThat(post.getBodyAsString()).isEqualTo(BODY);
        assertThat(post.getHeader("content-type")).isEqualTo("application/json");
        assertThat(post.getHeader("webhook-id")).isEqualTo(id);
        assertThat(Long.parseLong(post.getHeader("webhook-timestamp")))
                .isCloseTo(Instant.now().getEpochSecond(), Offset.offset(60L));
        assertThat(post.getHeader("user-agent")).isEqualTo("CryptoAPIWrapper");
        assertThat(post.getHeaders().keys().stream().map(String::toLowerCase))
                .doesNotContain("authorization", "cookie", "upgrade", "accept-encoding");
        verifySignatures(post);
        assertThat(output.getOut()).doesNotContain("s3cret", "hook-of", Shared.SECRET.substring(6), "h\u00e9llo");
        assertThat(worker.metric("callbacks.ended?tag=outcome:delivered")).isGreaterThan(before);
    }

    @Test
    void what_fails_is_tried_again_with_the_same_id_and_a_timestamp_of_its_own() {
        failsFirst(2, aResponse().withStatus(500).withBody("busy"));

        publish(path);

        await().untilAsserted(() -> assertThat(posts()).hasSize(3));
        awaitNothingWaits();
        assertThat(posts()).hasSize(3);
        assertThat(posts()).extracting(post -> post.getHeader("webhook-id")).containsOnly(id);
        // It may be early by a tenth of the shortest delay.
        assertThat(gap(0)).isGreaterThan(Duration.ofMillis(80));
        assertThat(gap(1)).isGreaterThan(Duration.ofMillis(280));
    }

    @Test
    void a_receiver_that_wants_no_more_of_it_gets_no_more(CapturedOutput output) {
        answers(410);

        publish(path);

        await().until(() -> output.getOut().contains("Callback " + id + " to 127.0.0.1: not wanted any more, 410"));
        awaitNothingWaits();
        assertThat(posts()).hasSize(1);
        assertThat(parked()).isEmpty();
    }

    @Test
    void a_longer_pause_that_the_receiver_asks_for_is_kept() {
        failsFirst(1, aResponse().withStatus(503).withHeader("Retry-After", "1"));

        publish(path);

        await().untilAsserted(() -> assertThat(posts()).hasSize(2));
        assertThat(gap(0)).isGreaterThan(Duration.ofMillis(900));
    }

    @Test
    void a_receiver_that_is_slow_does_not_hold_up_the_others() {
        answers(200);
        var slow = new WireMockServer(options().dynamicPort().bindAddress("127.0.0.2"));
        slow.start();
        try {
            slow.stubFor(post(anyUrl()).willReturn(aResponse().withFixedDelay(60_000)));
            for (int i = 0; i < MANY; i++) {
                publish(worker, id + "-" + i, URI.create("http://127.0.0.2:" + slow.port() + path));
            }

            publish(path);

            await("before a slow one has failed")
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(posts()).hasSize(1));
            assertThat(slow.getAllServeEvents()).hasSizeLessThanOrEqualTo(3);
        } finally {
            slow.stop();
        }
        await("each has failed, as nobody listens any more")
                .until(() -> worker.part(ParkedCallbacks.class).count() == MANY);
    }

    @Test
    void after_the_last_attempt_it_is_parked_and_shown_and_replayed() throws Exception {
        answers(500);
        publish(worker, id, url(path + "?token=s3cret"));
        publish(worker, id + "-other", url(path + "?other"));
        worker.rabbit()
                .send(
                        "",
                        "sign.callback.work",
                        MessageBuilder.withBody("{garbage".getBytes(UTF_8)).build());
        await().until(() -> worker.part(ParkedCallbacks.class).count() == 3);
        awaitNothingWaits();
        int attempts = RunningWorker.CALLBACK_DELAYS.size();
        assertThat(posts()).hasSize(2 * attempts);

        String shown = worker.management("/actuator/callbacks").body();

        assertThat(shown)
                .startsWith("{\"parked\":3,\"waiting\":0,\"first\":[")
                .contains("{\"id\":\"" + id + "\",\"host\":\"127.0.0.1\",\"created\":\"")
                .contains("\"attempts\":" + attempts + ",\"reason\":\"it answered 500\"}")
                .contains("{\"reason\":\"not the JSON of a callback\"}")
                .doesNotContain("s3cret", "hook-of", "c2ln");
        assertThat(worker.part(ParkedCallbacks.class).count()).isEqualTo(3);

        answers(200);
        assertThat(replay("{\"id\":\"" + id + "\"}")).isEqualTo("{\"replayed\":1}");
        await().untilAsserted(() -> assertThat(posts()).hasSize(2 * attempts + 1));
        assertThat(replay("{}")).isEqualTo("{\"replayed\":1}");
        await().untilAsserted(() -> assertThat(posts()).hasSize(2 * attempts + 2));
        assertThat(posts().subList(2 * attempts, 2 * attempts + 2))
                .extracting(post -> post.getHeader("webhook-id"))
                .containsExactly(id, id + "-other");
        awaitNothingWaits();
        assertThat(worker.part(ParkedCallbacks.class).first(10))
                .singleElement()
                .satisfies(left -> assertThat(left.reason()).isEqualTo("not the JSON of a callback"));
    }

    @Test
    void a_callback_to_a_target_that_is_not_allowed_is_parked() {
        publish(worker, id, URI.create("https://[::1]:" + receiver.port() + path));

        await().until(() -> !parked().isEmpty());

        assertThat(parked())
                .extracting(ParkedCallbacks.Parked::reason)
                .containsExactly("A callback's URL must have a host that can be found, with public addresses only.");
    }

    @Test
    void what_is_not_acknowledged_when_the_broker_is_lost_comes_again_and_others_follow() {
        receiver.stubFor(post(urlPathEqualTo(path))
                .willReturn(aResponse().withStatus(200).withFixedDelay(10_000)));
        publish(path);
        await().untilAsserted(() -> assertThat(posts()).hasSize(1));

        worker.toBroker().cut();
        answers(200);
        worker.repair();

        await().untilAsserted(() -> assertThat(posts()).hasSize(2));
        assertThat(posts()).extracting(post -> post.getHeader("webhook-id")).containsOnly(id);
        publish(worker, id + "-after", url(path));
        await().untilAsserted(() -> assertThat(posts()).hasSize(3));
    }

    @Test
    void it_needs_no_redis() {
        answers(200);
        worker.toRedis().cut();

        publish(path);

        await().untilAsserted(() -> assertThat(posts()).hasSize(1));
    }

    @Test
    void without_secrets_callbacks_stay_where_they_are() throws Exception {
        answers(200);
        RunningWorker without = Shared.idleWorker();

        publish(without, id, url(path));

        await().until(() -> without.part(CallbackQueue.class).waiting() == 1);
        assertThat(without.part(CallbackQueue.class).isSubscribed()).isFalse();
        Shared.worker();
        await().untilAsserted(() -> assertThat(posts()).hasSize(1));
        verifySignatures(posts().getFirst());
    }

    private void publish(String target) {
        publish(worker, id, url(target));
    }

    private static void publish(RunningWorker by, String id, URI url) {
        by.part(CallbackPublisher.class).publish(Callback.first(id, url, BODY, Instant.now()), PATIENCE);
    }

    private URI url(String target) {
        return URI.create("http://127.0.0.1:" + receiver.port() + target);
    }

    private void answers(int status) {
        receiver.stubFor(post(urlPathEqualTo(path)).willReturn(aResponse().withStatus(status)));
    }

    private void failsFirst(int times, ResponseDefinitionBuilder failure) {
        String state = Scenario.STARTED;
        for (int i = 1; i <= times; i++) {
            receiver.stubFor(post(urlPathEqualTo(path))
                    .inScenario(id)
                    .whenScenarioStateIs(state)
                    .willSetStateTo("failed " + i)
                    .willReturn(failure));
            state = "failed " + i;
        }
        receiver.stubFor(post(urlPathEqualTo(path))
                .inScenario(id)
                .whenScenarioStateIs(state)
                .willReturn(aResponse().withStatus(200)));
    }

    private List<LoggedRequest> posts() {
        return receiver.findAll(postRequestedFor(urlPathEqualTo(path))).stream()
                .sorted(Comparator.comparing(LoggedRequest::getLoggedDate))
                .toList();
    }

    /** How much later than an attempt the next one came. */
    private Duration gap(int attempt) {
        List<LoggedRequest> posts = posts();
        return Duration.between(
                posts.get(attempt).getLoggedDate().toInstant(),
                posts.get(attempt + 1).getLoggedDate().toInstant());
    }

    /** Those of this test. */
    private List<ParkedCallbacks.Parked> parked() {
        return worker.part(ParkedCallbacks.class).first(10).stream()
                .filter(parked -> parked.callback()
                        .filter(callback -> callback.id().startsWith(id))
                        .isPresent())
                .toList();
    }

    private void awaitNothingWaits() {
        await("nothing waits").until(() -> worker.part(CallbackQueue.class).waiting() == 0);
    }

    private static void verifySignatures(LoggedRequest post) throws Exception {
        for (String secret : List.of(Shared.SECRET, Shared.OTHER_SECRET)) {
            new Webhook(secret)
                    .verify(
                            post.getBodyAsString(),
                            HttpHeaders.of(
                                    post.getHeaders().all().stream()
                                            .collect(Collectors.toMap(HttpHeader::key, HttpHeader::values)),
                                    (name, value) -> true));
        }
    }

    private String replay(String body) throws IOException {
        return RawHttp.post(worker.managementPort(), "/actuator/callbacks", body)
                .body();
    }
}
