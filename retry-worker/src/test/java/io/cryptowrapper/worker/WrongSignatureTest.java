package io.cryptowrapper.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.SigningStatus.Pending;
import io.cryptowrapper.signing.SigningStatus.Signed;
import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.simulator.Behaviour.Answer;
import io.cryptowrapper.simulator.SimulatorSettings;
import io.cryptowrapper.simulator.UpstreamSimulator;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** A worker that knows the upstream's public key. */
@ExtendWith(OutputCaptureExtension.class)
class WrongSignatureTest {

    private final String message = "m-" + UUID.randomUUID();

    @Test
    void a_wrong_signature_is_a_failed_attempt_and_is_told_once_in_the_log(
            @TempDir Path directory, CapturedOutput output) throws Exception {
        List<Pending> seen = new CopyOnWriteArrayList<>();
        try (UpstreamSimulator upstream = UpstreamSimulator.start(SimulatorSettings.in(directory)
                        .withFailingShare(0)
                        .withCalls(100_000)
                        .withLatency(Duration.ZERO));
                RunningWorker worker = RunningWorker.on(
                        RunningWorker.newDatabase(),
                        upstream.baseUrl(),
                        Map.of("crypto.api.public-key", upstream.publicKey()))) {
            upstream.follow(called -> {
                seen.add((Pending) worker.status(message).orElseThrow());
                Optional<Behaviour> wrong = Optional.of(Answer.text(200, "c2lnbmVkIGJ5IHNvbWVib2R5IGVsc2U="));
                return seen.size() < 3 ? wrong : Optional.empty();
            });
            worker.accept(message);

            worker.awaitStatus(message, Signed.class);

            assertThat(seen).extracting(Pending::attempt).containsExactly(1, 2, 3);
            assertThat(seen.subList(1, 3))
                    .extracting(Pending::last)
                    .containsOnly(new Failure(
                            200,
                            "The upstream answered 200, but its signature does not fit the message and the upstream's"
                                    + " public key."));
            assertThat(upstream.isSignature(
                            message,
                            ((Signed) worker.status(message).orElseThrow())
                                    .signature()
                                    .value()))
                    .isTrue();
            assertThat(worker.management("/actuator/metrics/upstream.signatures.wrong")
                            .body())
                    .contains("\"value\":2.0");
            assertThat(worker.management("/actuator/health").body())
                    .contains("\"upstreamSignature\":{\"status\":\"UP\"}");
            await("nothing is left for other tests").until(() -> worker.queued() == 0);
        }
        assertThat(output.getOut())
                .containsOnlyOnce("does not fit CRYPTO_API_PUBLIC_KEY")
                .doesNotContain(message, "c2lnbmVk");
    }
}
