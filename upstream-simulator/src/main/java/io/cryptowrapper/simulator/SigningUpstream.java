package io.cryptowrapper.simulator;

import io.cryptowrapper.simulator.Behaviour.Answer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The upstream itself, without HTTP: it decides what becomes of a call.
 *
 * <p>A call is checked for its key, then for the budget, then for its message. So every call with the right key takes
 * from the budget, even one without a message, except those turned away because the budget is used up. A call with a
 * wrong key takes nothing.
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

    Reply call(@Nullable String authorization, Optional<String> readable) {
        boolean keyIsRight = isKey(authorization);
        String message = readable.orElse("");
        int status;
        Optional<Behaviour> scripted = Optional.empty();
        synchronized (arrival) {
            long now = nanoClock.getAsLong();
            Instant at = Instant.now();
            status = statusOf(keyIsRight, message, now);
            if (status == 200 || status == 502) {
                scripted = script.apply(message);
            }
            log.add(new Call(
                    at, now, message, scripted.map(done -> status(done, status)).orElse(status)));
        }
        Answer ordinary = answer(status, message);
        return new Reply(ordinary, scripted.orElse(ordinary));
    }

    void follow(Function<String, Optional<Behaviour>> newScript) {
        script = newScript;
    }

    boolean failsFirst(String message) {
        return failing.contains(message);
    }

    private int statusOf(boolean keyIsRight, String message, long now) {
        if (!keyIsRight) {
            return 401;
        }
        if (!window.letsThrough(now)) {
            return 429;
        }
        if (message.isEmpty()) {
            return 400;
        }
        return failing.fails(message, now) ? 502 : 200;
    }

    private static int status(Behaviour behaviour, int ordinary) {
        return switch (behaviour) {
            case Answer answer -> answer.status();
            case Behaviour.Reset() -> 0;
            case Behaviour.Hang _, Behaviour.Dribble _ -> ordinary;
        };
    }

    private Answer answer(int status, String message) {
        return Answer.text(
                status,
                switch (status) {
                    case 200 -> signingKey.sign(message);
                    case 400 -> "The parameter message is missing, empty or not URL-encoded UTF-8.";
                    case 401 -> "The Authorization header is missing or does not carry the key.";
                    case 429 ->
                        "There were already " + settings.calls() + " calls in the last "
                                + settings.window().toMillis() + " ms.";
                    default -> DEGRADED;
                });
    }

    private boolean isKey(@Nullable String authorization) {
        return authorization != null
                && MessageDigest.isEqual(
                        settings.key().getBytes(StandardCharsets.UTF_8),
                        authorization.getBytes(StandardCharsets.UTF_8));
    }
}
