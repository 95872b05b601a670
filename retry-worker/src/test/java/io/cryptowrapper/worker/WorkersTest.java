package io.cryptowrapper.worker;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import io.cryptowrapper.callbacks.Callback;
import io.cryptowrapper.callbacks.CallbackPublisher;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.SigningStatus;
import io.cryptowrapper.signing.SigningStatus.Pending;
import io.cryptowrapper.signing.SigningStatus.Signed;
import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.simulator.Call;
import io.cryptowrapper.testing.Stage;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Workers that share the queue and the budget, and workers that stop. */
@Tag(Stage.BOTH_SERVERS)
class WorkersTest {

    private static RunningWorker first;
    private static RunningWorker second;
    private static RunningWorker third;

    @BeforeAll
    static void start() {
        first = Shared.worker();
        second = Shared.anotherWorker();
        third = Shared.anotherWorker();
    }

    @AfterAll
    static void close() {
        second.close();
        third.close();
        Shared.upstream().follow(called -> Optional.empty());
    }

    @Test
    void three_workers_try_each_message_once_and_are_no_faster_than_one() {
        String start = "m-" + UUID.randomUUID();
        List<String> messages =
                IntStream.range(0, 24).mapToObj(i -> start + "-" + i).toList();

        messages.forEach(first::accept);
        messages.forEach(message -> first.awaitStatus(message, Signed.class));

        List<Call> calls = Shared.upstream().calls().stream()
                .filter(call -> call.message().startsWith(start))
                .toList();
        assertThat(calls).extracting(Call::message).containsExactlyInAnyOrderElementsOf(messages);
        // 23 periods, less the time by which the first call was late. Three budgets would need less than eight.
        assertThat(Duration.ofNanos(calls.getLast().nanos() - calls.getFirst().nanos()))
                .isGreaterThan(RunningWorker.PERIOD.multipliedBy(10));
    }

    /** All of it at the same time, as each stop gives what is under way four seconds to end. */
    @Nested
    @ExtendWith(OutputCaptureExtension.class)
    class WhenTwoOfThemStop {

        private static final String ID = UUID.randomUUID().toString();
        private static final String SHORT = "short-" + ID;
        private static final String SLOW = "slow-" + ID;
        private static final String BEHIND = "behind-" + ID;
        private static final String UNSTORED = "unstored-" + ID;
        private static final String PATH = "/receiver-" + ID;

        private static SigningStatus shortOneAtTheStop;
        private static SigningStatus slowOneWhenTheOneBehindWasSigned;

        @BeforeAll
        static void stop(CapturedOutput output) {
            Map<String, Behaviour> hangs = Map.of(
                    SHORT, new Behaviour.Hang(Duration.ofMillis(500)),
                    SLOW, new Behaviour.Hang(Duration.ofMinutes(5)));
            Shared.upstream().follow(called -> {
                if (called.equals(UNSTORED)) {
                    third.toRedis().cut();
                }
                return Optional.ofNullable(hangs.get(called));
            });
            receiverAnswers(aResponse().withFixedDelay(60_000));

            Shared.keepWorkerAway();
            third.toBroker().cut();
            callBack();
            second.accept(SHORT);
            await().until(() -> calls(SHORT) == 1);
            RetryLoop loop = second.part(RetryLoop.class);
            CompletableFuture<Void> secondStops = CompletableFuture.runAsync(second::stop);
            await().until(() -> !loop.isRunning());
            shortOneAtTheStop = first.status(SHORT).orElseThrow();

            third.repair();
            third.accept(SLOW);
            await().until(() -> calls(SLOW) == 1);
            third.accept(BEHIND);
            third.awaitStatus(BEHIND, Signed.class);
            slowOneWhenTheOneBehindWasSigned = first.status(SLOW).orElseThrow();
            third.accept(UNSTORED);
            await().until(() -> output.getOut().contains(new Message(UNSTORED).id() + ": its result is kept"));
            Shared.upstream().follow(called -> Optional.empty());
            third.stop();
            secondStops.join();

            Shared.worker();
        }

        @Test
        void a_short_call_is_settled_first() {
            assertThat(shortOneAtTheStop).isInstanceOf(Signed.class);
            assertThat(calls(SHORT)).isEqualTo(1);
        }

        @Test
        void a_slow_call_has_held_up_no_other_and_is_made_again_by_another_worker() {
            assertThat(slowOneWhenTheOneBehindWasSigned).isInstanceOf(Pending.class);
            first.awaitStatus(SLOW, Signed.class);
            assertThat(calls(SLOW)).isEqualTo(2);
            assertThat(calls(BEHIND)).isEqualTo(1);
        }

        @Test
        void a_signature_that_could_not_be_stored_is_not_acknowledged_but_made_again() {
            first.awaitStatus(UNSTORED, Signed.class);
            assertThat(calls(UNSTORED)).isEqualTo(2);
        }

        @Test
        void a_callback_under_way_is_posted_again_by_another_worker() {
            await().until(() -> posts() == 2);
        }

        private static void callBack() {
            URI url = URI.create("http://127.0.0.1:" + Shared.receiver().port() + PATH);
            second.part(CallbackPublisher.class)
                    .publish(Callback.first("msg_" + ID, url, "{}", Instant.now()), Duration.ofSeconds(30));
            await().until(() -> posts() == 1);
            receiverAnswers(aResponse().withStatus(204));
        }

        private static void receiverAnswers(ResponseDefinitionBuilder answer) {
            Shared.receiver().stubFor(post(urlPathEqualTo(PATH)).willReturn(answer));
        }

        private static int posts() {
            return Shared.receiver()
                    .findAll(postRequestedFor(urlPathEqualTo(PATH)))
                    .size();
        }

        private static long calls(String message) {
            return Shared.upstream().calls(message).size();
        }
    }
}
