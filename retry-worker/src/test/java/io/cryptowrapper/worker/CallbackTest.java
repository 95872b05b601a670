package io.cryptowrapper.worker;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import io.cryptowrapper.results.CallbackLooks;
import io.cryptowrapper.results.CallbackRegistry;
import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.Signature;
import io.cryptowrapper.signing.SigningStatus;
import io.cryptowrapper.simulator.Behaviour.Answer;
import io.cryptowrapper.simulator.SimulatorSettings;
import io.cryptowrapper.simulator.UpstreamSimulator;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Those who asked for it are called back when a worker has settled their message. */
@Timeout(60)
class CallbackTest {

    private static final WireMockServer RECEIVER =
            new WireMockServer(options().dynamicPort().bindAddress("127.0.0.1"));

    private static UpstreamSimulator upstream;
    private static RunningWorker worker;

    private final String message = "m-" + UUID.randomUUID();
    private final URI url = URI.create("http://127.0.0.1:" + RECEIVER.port() + "/" + message);

    @BeforeAll
    static void start(@TempDir Path directory) {
        RECEIVER.start();
        RECEIVER.stubFor(post(anyUrl()).willReturn(aResponse().withStatus(204)));
        upstream = UpstreamSimulator.start(
                SimulatorSettings.in(directory).withFailingShare(0).withCalls(100_000));
        worker = RunningWorker.on(
                RunningWorker.newDatabase(),
                upstream.baseUrl(),
                Map.of(
                        "crypto.callback.secrets", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                        "crypto.callback.allowed", "127.0.0.1",
                        "crypto.callback.delays", "0s,200ms",
                        "crypto.retry.give-up-after", "1h"));
    }

    @AfterEach
    void repair() {
        worker.toBroker().open();
        worker.toRedis().open();
        upstream.follow(called -> Optional.empty());
    }

    @AfterAll
    static void stop() {
        worker.close();
        upstream.close();
        RECEIVER.stop();
    }

    @Test
    void a_message_that_a_worker_signs_is_told() {
        register();
        worker.accept(message);

        assertThat(callback())
                .matches("\\{\"last_status_code\":200,\"message\":\"" + message
                        + "\",\"success\":true,\"value\":\".+\"}");
        await("nothing left").until(this::isForgotten);
    }

    @Test
    void a_message_that_the_upstream_rejects_is_told() {
        upstream.follow(called -> Optional.of(Answer.text(422, "not this one")));
        register();
        worker.accept(message);

        assertThat(callback())
                .isEqualTo("{\"last_status_code\":422,\"message\":\"" + message
                        + "\",\"success\":false,\"value\":\"not this one\"}");
    }

    @Test
    void a_message_that_is_given_up_is_told() {
        upstream.follow(called -> Optional.of(Answer.text(502, "down")));
        register();
        worker.accept(message, Instant.now().minus(Duration.ofHours(2)));

        assertThat(callback())
                .isEqualTo("{\"last_status_code\":502,\"message\":\"" + message
                        + "\",\"success\":false,\"value\":\"down\"}");
        assertThat(await().until(() -> worker.rabbit().receive("sign.parking"), parked -> parked != null))
                .isNotNull();
    }

    @Test
    void an_end_whose_recorder_died_is_told_by_the_relay() {
        register();
        worker.part(SignatureStore.class).record(id(), new SigningStatus.Rejected(new Failure(422, "no")));

        assertThat(received()).isEmpty();
        worker.part(CallbackLooks.class).lookAfter(id(), Duration.ZERO);

        assertThat(callback()).contains("\"last_status_code\":422");
        await("nothing left").until(this::isForgotten);
    }

    @Test
    void a_copy_of_a_message_that_has_ended_lets_its_callbacks_be_made() {
        register();
        worker.part(SignatureStore.class).record(id(), new SigningStatus.Signed(new Signature("c2ln")));

        worker.accept(message);

        assertThat(callback()).contains("\"value\":\"c2ln\"");
    }

    @Test
    void while_rabbitmq_is_away_callbacks_stay_and_the_relay_makes_them_when_it_is_back() {
        register();
        worker.toBroker().cut();
        worker.part(SignatureStore.class).record(id(), new SigningStatus.Signed(new Signature("c2ln")));
        worker.part(CallbackLooks.class).lookAfter(id(), Duration.ZERO);
        await("looked at again soon")
                .until(() -> worker.part(CallbackLooks.class).of(id()).isPresent()
                        && worker.redis().opsForHash().values(key()).stream()
                                .anyMatch(line -> line.toString().startsWith("0 0 ")));

        worker.toBroker().open();

        assertThat(callback()).contains("\"value\":\"c2ln\"");
        await("nothing left").until(this::isForgotten);
    }

    @Test
    void what_has_no_callbacks_left_is_not_looked_at_again() {
        worker.part(CallbackLooks.class).lookAfter(id(), Duration.ZERO);

        await().until(this::isForgotten);
    }

    private Message sent() {
        return new Message(message);
    }

    private MessageId id() {
        return sent().id();
    }

    private String key() {
        return "sign:callbacks:{" + id().hex() + "}";
    }

    private void register() {
        worker.part(CallbackRegistry.class).register(sent(), List.of(url), "", Instant.now());
        worker.part(CallbackLooks.class).lookAfter(id(), Duration.ofMinutes(1));
    }

    private boolean isForgotten() {
        return !worker.redis().hasKey(key())
                && worker.part(CallbackLooks.class).of(id()).isEmpty();
    }

    /** The body of the callback that has come. */
    private String callback() {
        return await(message)
                .until(this::received, found -> !found.isEmpty())
                .getFirst()
                .getBodyAsString();
    }

    private List<LoggedRequest> received() {
        return RECEIVER.findAll(postRequestedFor(urlPathEqualTo("/" + message)));
    }
}
