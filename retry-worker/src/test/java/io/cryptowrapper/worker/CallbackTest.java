package io.cryptowrapper.worker;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import io.cryptowrapper.ending.StatusRecorder;
import io.cryptowrapper.results.CallbackLooks;
import io.cryptowrapper.results.CallbackRegistry;
import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.Signature;
import io.cryptowrapper.signing.SigningStatus;
import io.cryptowrapper.simulator.Behaviour.Answer;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.testing.Stage;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** A worker that has settled a message calls back the clients that have asked for it. */
@Tag(Stage.BOTH_SERVERS)
class CallbackTest {

    private final UpstreamSimulator upstream = Shared.upstream();
    private final WireMockServer receiver = Shared.receiver();
    private final RunningWorker worker = Shared.worker();
    private final String message = "m-" + UUID.randomUUID();
    private final URI url = URI.create("http://127.0.0.1:" + receiver.port() + "/" + message);

    @BeforeEach
    void take() {
        receiver.stubFor(
                post(urlPathEqualTo("/" + message)).willReturn(aResponse().withStatus(204)));
    }

    @AfterEach
    void repair() {
        upstream.follow(called -> Optional.empty());
        worker.repair();
    }

    @Test
    void clients_are_called_back_when_their_message_is_signed() {
        register();
        worker.accept(message);

        assertThat(callback())
                .matches("\\{\"last_status_code\":200,\"message\":\"" + message
                        + "\",\"success\":true,\"value\":\".+\"}");
        await("nothing left").until(this::isForgotten);
    }

    @Test
    void clients_are_called_back_when_their_message_is_rejected() {
        upstream.follow(called -> Optional.of(Answer.text(422, "not this one")));
        register();
        worker.accept(message);

        assertThat(callback())
                .isEqualTo("{\"last_status_code\":422,\"message\":\"" + message
                        + "\",\"success\":false,\"value\":\"not this one\"}");
    }

    @Test
    void clients_are_called_back_when_their_message_is_given_up() {
        upstream.follow(called -> Optional.of(Answer.text(502, "down")));
        register();
        worker.accept(message, Instant.now().minus(Duration.ofHours(25)));

        assertThat(callback())
                .isEqualTo("{\"last_status_code\":502,\"message\":\"" + message
                        + "\",\"success\":false,\"value\":\"down\"}");
        assertThat(worker.takeParked(message)).isPresent();
    }

    @Test
    void where_the_recorder_of_the_end_died_the_relay_makes_the_callback() {
        register();
        worker.part(SignatureStore.class).record(id(), new SigningStatus.Rejected(new Failure(422, "no")));

        assertThat(received()).isEmpty();
        lookNow();

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
    @ExtendWith(OutputCaptureExtension.class)
    void while_rabbitmq_is_away_callbacks_stay_and_the_relay_makes_them_when_it_is_back(CapturedOutput output) {
        register();
        worker.toBroker().cut();
        worker.part(StatusRecorder.class).record(id(), new SigningStatus.Signed(new Signature("c2ln")));
        await().until(() -> output.getOut().contains(id() + ": its callbacks are made later"));
        lookNow();
        relay();
        assertThat(worker.redis().hasKey(key())).isTrue();
        assertThat(worker.part(CallbackLooks.class).of(id()).orElseThrow().at())
                .as("the next look is soon")
                .isLessThan(Long.toString(Instant.now().plusSeconds(60).toEpochMilli()));

        worker.repair();
        lookNow();
        relay();

        assertThat(callback()).contains("\"value\":\"c2ln\"");
        await("nothing left").until(this::isForgotten);
    }

    @Test
    void what_has_no_callbacks_left_is_not_looked_at_again() {
        lookNow();
        relay();

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
        worker.part(CallbackLooks.class).lookAfter(id(), Duration.ofMinutes(10));
    }

    /** Lets the relay look when it runs next, which it does each second by itself. */
    private void lookNow() {
        worker.part(CallbackLooks.class).lookAfter(id(), Duration.ZERO);
    }

    private void relay() {
        worker.part(CallbackRelay.class).relay();
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
        return receiver.findAll(postRequestedFor(urlPathEqualTo("/" + message)));
    }
}
