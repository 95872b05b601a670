package io.cryptowrapper.api;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.http.Fault;
import io.cryptowrapper.testing.RawHttp;
import io.cryptowrapper.testing.Stage;
import io.cryptowrapper.testing.Timing;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a client is told whose signature the upstream was asked to verify, and did not. */
class NoVerdictTest {

    private static final WireMockServer UPSTREAM =
            new WireMockServer(options().dynamicPort().bindAddress("127.0.0.1"));
    private static RunningApi api;

    private final String query = "?message=" + RunningApi.newMessage() + "&signature=c2ln";

    @BeforeAll
    static void start() throws Exception {
        UPSTREAM.start();
        api = RunningApi.on(TestServers.newDatabase(), URI.create(UPSTREAM.baseUrl()));
    }

    @AfterAll
    static void stop() {
        api.close();
        UPSTREAM.stop();
    }

    @BeforeEach
    void forget() {
        UPSTREAM.resetAll();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "200 | valid            | 502 | The upstream answered 200, and gave no verdict.",
                "302 | {\"valid\":true} | 502 | The upstream answered 302, and gave no verdict.",
                "400 | what?            | 502 | The upstream answered 400, and gave no verdict.",
                "401 | who?             | 502 | The upstream answered 401, and gave no verdict.",
                "404 | where?           | 502 | The upstream answered 404, and gave no verdict.",
                "500 | simulator-key    | 502 | The upstream answered 500, and gave no verdict.",
                "504 | later            | 504 | The upstream answered 504, and gave no verdict."
            })
    void what_is_no_verdict_is_a_problem_and_is_not_remembered(int status, String body, int told, String detail)
            throws Exception {
        answer(aResponse().withStatus(status).withBody(body));

        for (int i = 0; i < 2; i++) {
            isTold(api.get("/crypto/verify" + query), told, detail, null);
        }
        assertThat(calls()).isEqualTo(2);

        answer(aResponse().withBody("{\"valid\":true}"));
        assertThat(api.get("/crypto/verify" + query).body()).contains("\"valid\":true");
    }

    @Test
    void a_connection_that_breaks_is_a_bad_gateway() throws Exception {
        answer(aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER));

        isTold(
                api.get("/crypto/verify" + query),
                502,
                "The connection to the upstream failed: it ended before the answer was complete.",
                null);
    }

    @Test
    void an_upstream_that_is_slow_is_a_timeout_and_its_late_verdict_is_remembered() throws Exception {
        answer(aResponse().withBody("{\"valid\":true}").withFixedDelay(2200));

        RawHttp.Response response = api.get("/crypto/verify" + query);

        isTold(response, 504, "The upstream did not answer within 1500 ms.", null);
        answer(aResponse().withStatus(500));
        await().untilAsserted(() ->
                assertThat(api.get("/crypto/verify" + query).body()).contains("\"valid\":true"));
    }

    @Test
    @Tag(Stage.TIMING)
    void a_slow_upstream_and_the_time_until_a_request_is_looked_at_fit_into_two_seconds() throws Exception {
        answer(aResponse().withBody("{\"valid\":true}").withFixedDelay(2500));
        try (RunningApi slow =
                RunningApi.on(TestServers.newDatabase(), URI.create(UPSTREAM.baseUrl()), SlowWebLayer.SETTINGS)) {
            Timing.within(
                    Duration.ofSeconds(2),
                    () -> assertThat(VerifyTest.verify(slow, RunningApi.newMessage(), "c2ln")
                                    .status())
                            .isEqualTo(504));
        }
    }

    @Test
    void a_key_that_is_refused_to_verify_stops_no_calls_to_sign() throws Exception {
        answer(aResponse().withStatus(403));
        api.get("/crypto/verify" + query);
        answer(aResponse().withBody("c2ln"));

        assertThat(api.sign(RunningApi.newMessage()).body()).contains("\"success\":true");
        assertThat(api.management("/actuator/health").body()).contains("\"upstreamKey\":{\"status\":\"UP\"}");
    }

    @Test
    void a_pause_that_the_upstream_asks_for_is_told_and_kept() throws Exception {
        try (RunningApi paused = RunningApi.on(
                TestServers.newDatabase(), URI.create(UPSTREAM.baseUrl()), Map.of("crypto.api.quota.window", "30s"))) {
            answer(aResponse().withStatus(429).withHeader("Retry-After", "20"));

            isTold(paused.get("/crypto/verify" + query), 502, "The upstream answered 429, and gave no verdict.", "20");

            RawHttp.Response next = paused.get("/crypto/verify" + query);
            assertThat(next.status()).isEqualTo(503);
            assertThat(Integer.parseInt(next.header("Retry-After").orElseThrow()))
                    .isBetween(10, 20);
            assertThat(paused.sign(RunningApi.newMessage()).body()).contains("its quota is used up");
            assertThat(calls()).isEqualTo(1);
        }
    }

    private static void isTold(RawHttp.Response response, int status, String detail, @Nullable String retryAfter)
            throws IOException {
        assertThat(response.status()).isEqualTo(status);
        assertThat(response.header("Content-Type")).contains("application/problem+json");
        assertThat(response.body())
                .isEqualTo("{\"detail\":\"" + detail + "\",\"instance\":\"/crypto/verify\",\"status\":" + status
                        + ",\"title\":\"" + (status == 502 ? "Bad Gateway" : "Gateway Timeout") + "\"}");
        if (retryAfter == null) {
            assertThat(response.header("Retry-After")).isEmpty();
        } else {
            assertThat(response.header("Retry-After")).contains(retryAfter);
        }
    }

    private static void answer(ResponseDefinitionBuilder response) {
        UPSTREAM.stubFor(any(anyUrl()).willReturn(response));
    }

    private static int calls() {
        return UPSTREAM.findAll(anyRequestedFor(anyUrl())).size();
    }
}
