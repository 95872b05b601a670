package io.cryptowrapper.wiring;

import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.Signature;
import io.cryptowrapper.signing.SignatureCheck;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiPredicate;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/**
 * Looks at each signature that the upstream gives, where its public key is set, and says loudly if one does not fit: in
 * the log, in health and as a count. Either the upstream or the setting is wrong, and only the operator can tell.
 */
@Component("upstreamSignature")
class SignatureWatch implements BiPredicate<Message, Signature>, HealthIndicator {

    private static final Logger log = LoggerFactory.getLogger(SignatureWatch.class);

    /** Where none comes after a wrong one, as all that is asked for is known, it is not held against it for ever. */
    private static final Duration REMEMBERED = Duration.ofMinutes(5);

    private final Optional<SignatureCheck> check;
    private final TroubleLog upstream;
    private final Counter wrong;
    private final LongSupplier nanoClock;

    /** When the newest signature was a wrong one, by the clock of nanoseconds. */
    private final AtomicReference<@Nullable Long> wrongAt = new AtomicReference<>();

    @Autowired
    SignatureWatch(CryptoSettings settings, MeterRegistry meters) {
        this(settings.api().signatureCheck(), meters, System::nanoTime);
    }

    SignatureWatch(Optional<SignatureCheck> check, MeterRegistry meters, LongSupplier nanoClock) {
        this.check = check;
        this.upstream = new TroubleLog(log, "The upstream", nanoClock);
        this.wrong = Counter.builder("upstream.signatures.wrong")
                .description("what the upstream has called a signature, and its public key has not")
                .register(meters);
        this.nanoClock = nanoClock;
    }

    /** Whether the signature may be the message's, as far as is known here. */
    @Override
    public boolean test(Message message, Signature signature) {
        boolean fits = check.isEmpty() || check.get().fits(message, signature);
        if (fits) {
            wrongAt.set(null);
            upstream.worked();
        } else {
            wrongAt.set(nanoClock.getAsLong());
            wrong.increment();
            upstream.failed("its signature of " + message
                    + " does not fit CRYPTO_API_PUBLIC_KEY, and is not used; is that its key?");
        }
        return fits;
    }

    @Override
    public Health health() {
        Long at = wrongAt.get();
        boolean isWrong = at != null && nanoClock.getAsLong() - at < REMEMBERED.toNanos();
        return isWrong ? Health.down().build() : Health.up().build();
    }
}
