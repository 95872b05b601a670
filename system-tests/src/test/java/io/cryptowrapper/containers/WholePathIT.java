package io.cryptowrapper.containers;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.getRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import com.redis.testcontainers.RedisContainer;
import io.cryptowrapper.retryqueue.WorkQueue;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.system.Programs;
import io.cryptowrapper.system.Servers;
import io.cryptowrapper.testing.RawHttp;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.testcontainers.rabbitmq.RabbitMQContainer;

/** The way of a message through the packaged API, RabbitMQ, a packaged worker, the upstream and Redis. */
@OnContainers
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class WholePathIT {

    private static final String KEY = "the-upstreams-key";
    private static final Duration PROMISED = ofSeconds(2);

    /** Longer than a client's request waits for the upstream, and less than such a request and the delay after it. */
    private static final Duration SLOW = ofMillis(1900);

    private final RabbitMQContainer rabbitContainer;
    private final RedisContainer redisContainer;
    private final RabbitTemplate rabbit;
    private final StringRedisTemplate redis;
    private final WorkQueue queue;
    private final WireMockServer upstream = new WireMockServer(
            WireMockConfiguration.options().bindAddress("127.0.0.1").dynamicPort());
    private Programs programs;

    WholePathIT(
            RabbitMQContainer rabbitContainer,
            RedisContainer redisContainer,
            RabbitTemplate rabbit,
            StringRedisTemplate redis,
            WorkQueue queue) {
        this.rabbitContainer = rabbitContainer;
        this.redisContainer = redisContainer;
        this.rabbit = rabbit;
        this.redis = redis;
        this.queue = queue;
    }

    @BeforeAll
    void startPrograms() {
        upstream.start();
        Map<String, String> settings =
                new HashMap<>(Servers.in(rabbitContainer, redisContainer).settings());
        settings.put("CRYPTO_API_BASE_URL", "http://127.0.0.1:" + upstream.port());
        settings.put("CRYPTO_API_KEY", KEY);
        settings.put("CRYPTO_API_QUOTA_CALLS", "1000");
        settings.put("CRYPTO_RETRY_PERIOD", "100ms");
        settings.put("CRYPTO_RETRY_DELAYS", "4s");
        programs = Programs.start(settings, 1);
    }

    @AfterAll
    void stopPrograms() {
        programs.close();
        upstream.stop();
    }

    @AfterEach
    void nothing_is_left_in_the_queues() {
        await().until(() -> queued() == 0);
    }

    @Test
    void a_message_whose_first_call_fails_waits_and_is_signed_by_the_second() throws Exception {
        String message = newMessage();
        upstreamAnswers(message, aResponse().withStatus(502).withBody("down"), signature("c2ln+/=="));

        RawHttp.Response first = programs.ask(message);

        assertThat(first.body())
                .isEqualTo("""
                    {"last_status_code":502,"message":"%s","retry_in_seconds":%s,"success":false,"value":"down"}\
                    """.formatted(message, first.header("Retry-After").orElseThrow()));
        await().until(() -> queued() == 1);
        assertThat(awaitSigned(message)).isEqualTo("""
            {"last_status_code":200,"message":"%s","success":true,"value":"c2ln+/=="}\
            """.formatted(message));
        assertThat(calls(message))
                .hasSize(2)
                .allSatisfy(call -> assertThat(call.getHeader("Authorization")).isEqualTo(KEY));
        assertThat(stored(message)).isEqualTo("""
            {"v":1,"state":"signed","value":"c2ln+/=="}\
            """);
    }

    @Test
    void what_is_known_is_answered_without_a_call() throws Exception {
        String message = newMessage();
        upstreamAnswers(message, signature("once"), signature("twice"));

        String first = programs.ask(message).body();

        assertThat(first).endsWith("\"success\":true,\"value\":\"once\"}");
        assertThat(programs.ask(message).body()).isEqualTo(first);
        assertThat(calls(message)).hasSize(1);
        assertThat(queued()).isZero();
    }

    @Test
    void a_client_of_an_upstream_that_is_too_slow_is_told_in_time_and_the_late_signature_is_used() throws Exception {
        String message = newMessage();
        upstreamAnswers(message, slowly(signature("late")), signature("not asked for"));
        long asked = System.nanoTime();

        RawHttp.Response first = programs.ask(message);

        assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(PROMISED);
        assertThat(first.body())
                .startsWith("{\"last_status_code\":504,\"message\":\"" + message + "\",\"retry_in_seconds\":")
                .contains(",\"success\":false,\"value\":\"");
        assertThat(awaitSigned(message)).endsWith("\"success\":true,\"value\":\"late\"}");
        // The copy in the queue has its turn, and is dropped.
        await().until(() -> queued() == 0);
        assertThat(calls(message)).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/crypto/sign",
                "/crypto/sign?message=",
                "/crypto/sign?message=a&message=b",
                "/crypto/sign?message=%ff"
            })
    void a_request_without_one_readable_message_touches_nothing(String target) throws Exception {
        Set<String> keys = keys();
        @Nullable Object granted = granted();
        int calls = upstream.getAllServeEvents().size();

        assertThat(programs.get(target).status()).isEqualTo(400);

        assertThat(upstream.getAllServeEvents()).hasSize(calls);
        // Claims of other tests may end meanwhile.
        assertThat(keys).containsAll(keys());
        assertThat(granted()).isEqualTo(granted);
        assertThat(queued()).isZero();
    }

    @Test
    void a_message_that_the_upstream_rejects_is_told_so_and_not_queued() throws Exception {
        String message = newMessage();
        upstreamAnswers(message, aResponse().withStatus(422).withBody("not this one"), signature("not asked for"));

        for (int i = 0; i < 2; i++) {
            RawHttp.Response response = programs.ask(message);
            assertThat(response.body()).isEqualTo("""
                {"last_status_code":422,"message":"%s","success":false,"value":"not this one"}\
                """.formatted(message));
            assertThat(response.header("Retry-After")).isEmpty();
        }
        assertThat(queued()).isZero();
        assertThat(calls(message)).hasSize(1);
        assertThat(stored(message)).isEqualTo("""
            {"v":1,"state":"rejected","status":422,"value":"not this one"}\
            """);
    }

    @Test
    void a_worker_that_is_stopped_during_a_call_loses_nothing() throws Exception {
        String message = newMessage();
        upstreamAnswers(message, aResponse().withStatus(502).withBody("down"), slowly(signature("c2ln")));
        programs.ask(message);
        await().until(() -> calls(message).size() == 2);

        programs.stopWorkers();
        programs.startWorkers(1);

        assertThat(awaitSigned(message)).endsWith("\"success\":true,\"value\":\"c2ln\"}");
        await().until(() -> queued() == 0);
        // Another one only if the worker has handed the message back.
        assertThat(calls(message)).hasSizeBetween(2, 3);
    }

    /** The answer to the first call for a message, and to all others. */
    private void upstreamAnswers(String message, ResponseDefinitionBuilder first, ResponseDefinitionBuilder then) {
        String called = "called";
        upstream.stubFor(get(urlPathEqualTo("/crypto/sign"))
                .withQueryParam("message", equalTo(message))
                .inScenario(message)
                .whenScenarioStateIs(Scenario.STARTED)
                .willSetStateTo(called)
                .willReturn(first));
        upstream.stubFor(get(urlPathEqualTo("/crypto/sign"))
                .withQueryParam("message", equalTo(message))
                .inScenario(message)
                .whenScenarioStateIs(called)
                .willReturn(then));
    }

    private static ResponseDefinitionBuilder signature(String text) {
        return aResponse().withHeader("Content-Type", "text/plain").withBody(text);
    }

    private static ResponseDefinitionBuilder slowly(ResponseDefinitionBuilder answer) {
        return answer.withFixedDelay(Math.toIntExact(SLOW.toMillis()));
    }

    private List<LoggedRequest> calls(String message) {
        return upstream.findAll(
                getRequestedFor(urlPathEqualTo("/crypto/sign")).withQueryParam("message", equalTo(message)));
    }

    /** The answer with the signature. */
    private String awaitSigned(String message) {
        return await().until(() -> programs.ask(message).body(), body -> body.contains("\"success\":true"));
    }

    /** How many messages are in the queues, that for those which no retry can help included. */
    private long queued() {
        Long parked = rabbit.execute(channel -> channel.messageCount("sign.parking"));
        return queue.depth() + (parked == null ? 0 : parked);
    }

    private @Nullable String stored(String message) {
        return redis.opsForValue().get("sign:{" + new Message(message).id().hex() + "}");
    }

    /** All but the worker's own report, which comes and goes. */
    private Set<String> keys() {
        Set<String> keys = new TreeSet<>(redis.keys("*"));
        keys.remove("sign:backlog");
        return keys;
    }

    private @Nullable Object granted() {
        return redis.opsForHash().get("sign:quota", "granted");
    }

    private static String newMessage() {
        return "m-" + UUID.randomUUID();
    }
}
