package io.cryptowrapper.simulator;

import io.cryptowrapper.simulator.Behaviour.Answer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The upstream itself, without HTTP: it decides what becomes of a call.
 *
 * <p>A call, to sign or to verify, is checked for its key, then for the budget, then for its message. So every call
 * with the right key takes from the budget, even one without a message, except those turned away because the budget is
 * used up. A call with a wrong key takes nothing.
 */
final class SigningUpstream {

    private static final String DEGRADED = "Error 502: Failed to sign message due to simulated service degradation.\n";

    private final SimulatorSettings settings;
    private final SigningKey signingKey;
    private final LongSupplier nanoClock;
    private final CallLog log;
    private final SlidingWindow window;
    private final FailingMessages failing;

    /** Held from taking the time of a call to its entry in the log, so that the log is in the order of the times. */
    private final Object arrival = new Object();

    private volatile Function<String, Optional<Behaviour>> script = message -> Optional.empty();

    SigningUpstream(SimulatorSettings settings, SigningKey signingKey, LongSupplier nanoClock, CallLog log) {
        this.settings = settings;
        this.signingKey = signingKey;
        this.nanoClock = nanoClock;
        this.log = log;
        this.window = new SlidingWindow(settings.calls(), settings.window());
        this.failing = new FailingMessages(settings.seed(), settings.failingShare(), settings.failingTime());
    }

    /** How a call is answered: the ordinary answer, and what is done with it. */
    record Reply(Answer ordinary, Behaviour behaviour) {}

    Reply sign(@Nullable String authorization, Optional<String> readable) {
        boolean keyIsRight = isKey(authorization);
        String message = readable.orElse("");
        int status;
        Optional<Behaviour> scripted = Optional.empty();
        synchronized (arrival) {
            long now = nanoClock.getAsLong();
            Instant at = Instant.now();
            int refusal = refusalOf(keyIsRight, !message.isEmpty(), now);
            status = refusal != 0 ? refusal : failing.fails(message, now) ? 502 : 200;
            if (refusal == 0) {
                scripted = script.apply(message);
            }
            log.add(new Call(
                    at,
                    now,
                    Call.Kind.SIGN,
                    message,
                    scripted.map(done -> status(done, status)).orElse(status)));
        }
        Answer ordinary = Answer.text(
                status,
                switch (status) {
                    case 200 -> signingKey.sign(message);
                    case 400 -> "The parameter message is missing, empty or not URL-encoded UTF-8.";
                    case 502 -> DEGRADED;
                    default -> refusal(status);
                });
        return new Reply(ordinary, scripted.orElse(ordinary));
    }

    /** Verifying is never degraded. */
    Answer verify(@Nullable String authorization, Optional<String> readable, Optional<String> signature) {
        boolean keyIsRight = isKey(authorization);
        String message = readable.orElse("");
        int refusal;
        synchronized (arrival) {
            long now = nanoClock.getAsLong();
            Instant at = Instant.now();
            refusal = refusalOf(keyIsRight, !message.isEmpty() && signature.isPresent(), now);
            log.add(new Call(at, now, Call.Kind.VERIFY, message, refusal == 0 ? 200 : refusal));
        }
        return switch (refusal) {
            case 0 ->
                new Answer(
                        200,
                        Map.of("Content-Type", "application/json"),
                        "{\"valid\":" + signingKey.verifies(message, signature.orElseThrow()) + "}");
            case 400 -> Answer.text(400, "The parameters message and signature must be given in URL-encoded UTF-8.");
            default -> Answer.text(refusal, refusal(refusal));
        };
    }

    void follow(Function<String, Optional<Behaviour>> newScript) {
        script = newScript;
    }

    boolean failsFirst(String message) {
        return failing.contains(message);
    }

    /** The status by which a call is turned away; 0 if it is not. */
    private int refusalOf(boolean keyIsRight, boolean isComplete, long now) {
        if (!keyIsRight) {
            return 401;
        }
        if (!window.letsThrough(now)) {
            return 429;
        }
        return isComplete ? 0 : 400;
    }

    private static int status(Behaviour behaviour, int ordinary) {
        return switch (behaviour) {
            case Answer answer -> answer.status();
            case Behaviour.Reset() -> 0;
            case Behaviour.Hang _, Behaviour.Dribble _ -> ordinary;
        };
    }

    private String refusal(int status) {
        return status == 401
                ? "The Authorization header is missing or does not carry the key."
                : "There were already " + settings.calls() + " calls in the last "
                        + settings.window().toMillis() + " ms.";
    }

    private boolean isKey(@Nullable String authorization) {
        return authorization != null
                && MessageDigest.isEqual(
                        settings.key().getBytes(StandardCharsets.UTF_8),
                        authorization.getBytes(StandardCharsets.UTF_8));
    }
}
