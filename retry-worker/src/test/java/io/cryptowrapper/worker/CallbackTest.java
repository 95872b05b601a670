package io.cryptowrapper.worker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

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
import java.util.ArrayList;
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
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Those who asked for it are called back when a worker has settled their message. */
@Timeout(60)
class CallbackTest {

    private static final String QUEUE = "sign.callback.work";

    private static UpstreamSimulator upstream;
    private static RunningWorker worker;

    private final String message = "m-" + UUID.randomUUID();
    private final URI url = URI.create("https://127.0.0.1:1/" + message);
    private final List<JsonNode> seen = new ArrayList<>();

    @BeforeAll
    static void start(@TempDir Path directory) {
        upstream = UpstreamSimulator.start(
                SimulatorSettings.in(directory).withFailingShare(0).withCalls(100_000));
        worker = RunningWorker.on(
                RunningWorker.newDatabase(),
                upstream.baseUrl(),
                Map.of(
                        "crypto.callback.secrets", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                        "crypto.callback.allowed", "127.0.0.1",
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

        assertThat(published()).isEmpty();
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

    /** The body of the callback that has been handed over to the broker. */
    private String callback() {
        return await(message)
                .ignoreExceptions()
                .until(this::published, found -> !found.isEmpty())
                .getFirst()
                .get("body")
                .asString();
    }

    private List<JsonNode> published() {
        org.springframework.amqp.core.Message next;
        while ((next = worker.rabbit().receive(QUEUE)) != null) {
            seen.add(JsonMapper.shared().readTree(new String(next.getBody(), UTF_8)));
        }
        return seen.stream()
                .filter(one -> one.get("url").asString().equals(url.toString()))
                .toList();
    }
}
