package io.cryptowrapper.delivery;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import io.cryptowrapper.callbacks.Callback;
import io.cryptowrapper.callbacks.CallbackTargets;
import io.cryptowrapper.settings.CallbackSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What comes of one POST, by what the receiver does and by where it is. */
class CallbackHttpTest {

    private static final WireMockServer RECEIVER =
            new WireMockServer(options().dynamicPort().bindAddress("127.0.0.1"));

    private static final Duration LONG = Duration.ofMinutes(1);

    @BeforeAll
    static void start() {
        RECEIVER.start();
    }

    @AfterAll
    static void stop() {
        RECEIVER.stop();
    }

    @BeforeEach
    void forget() {
        RECEIVER.resetAll();
    }

    @Test
    void an_answer_that_never_ends_counts_by_its_head_and_one_without_a_head_is_cut() {
        // What is loaded now takes none of the time of the others.
        answers("/", aResponse().withStatus(200));
        assertThat(outcome(LONG, "127.0.0.1", url("/"))).isEqualTo(new Outcome.Delivered(200));
        answers("/drips", aResponse().withBody("x".repeat(1000)).withChunkedDribbleDelay(100, 60_000));
        answers("/silent", aResponse().withFixedDelay(60_000));
        Duration limit = Duration.ofMillis(1500);

        CompletableFuture<Outcome> dripping =
                CompletableFuture.supplyAsync(() -> outcome(limit, "127.0.0.1", url("/drips")));

        assertThat(outcome(limit, "127.0.0.1", url("/silent")))
                // The HTTP client has the same limit for a silent connection; either may come first.
                .isIn(
                        Outcome.Failed.because("no answer within 1500 ms"),
                        Outcome.Failed.because("the connection was lost"));
        assertThat(dripping.join()).isEqualTo(new Outcome.Delivered(200));
    }

    @Test
    void a_redirect_is_not_followed_but_a_failed_attempt() {
        answers("/hook", aResponse().withStatus(307).withHeader("Location", RECEIVER.url("/elsewhere")));
        answers("/elsewhere", aResponse().withStatus(200));

        assertThat(outcome(LONG, "127.0.0.1", url("/hook"))).isEqualTo(Outcome.Failed.because("it answered 307"));

        assertThat(RECEIVER.getAllServeEvents())
                .extracting(event -> event.getRequest().getUrl())
                .containsExactly("/hook");
    }

    @Test
    void a_target_that_is_refused_when_it_is_connected_to_is_a_failed_attempt_without_a_connection()
            throws IOException {
        String allowed = "203.0.113.1";
        Outcome notPublic = Outcome.Failed.because(
                "A callback's URL must have a host that can be found, with public addresses only.");

        try (var listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = ":" + listening.getLocalPort() + "/";

            assertThat(outcome(LONG, allowed, URI.create("https://127.0.0.1" + port)))
                    .isEqualTo(notPublic);
            assertThat(outcome(LONG, allowed, URI.create("https://localhost" + port)))
                    .isEqualTo(notPublic);
            assertThat(outcome(LONG, allowed, URI.create("http://127.0.0.1" + port)))
                    .isEqualTo(Outcome.Failed.because("A callback's URL must begin with https://."));

            listening.setSoTimeout(1);
            assertThatThrownBy(listening::accept).isInstanceOf(SocketTimeoutException.class);
        }
    }

    private static Outcome outcome(Duration timeout, String allowed, URI url) {
        var settings = new CallbackSettings(
                List.of(Duration.ZERO), List.of(allowed), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", null, timeout);
        try (var targets = new CallbackTargets(settings.allowedTargets());
                var http = new CallbackHttp(targets, settings, Clock.systemUTC())) {
            return http.post(Callback.first("msg_1", url, "{}", Instant.now()));
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void answers(String path, ResponseDefinitionBuilder answer) {
        RECEIVER.stubFor(post(urlPathEqualTo(path)).willReturn(answer));
    }

    private static URI url(String path) {
        return URI.create("http://127.0.0.1:" + RECEIVER.port() + path);
    }
}
