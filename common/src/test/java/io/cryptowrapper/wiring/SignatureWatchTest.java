package io.cryptowrapper.wiring;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.Signature;
import io.cryptowrapper.signing.SignatureCheck;
import io.cryptowrapper.testing.SettableClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Status;

class SignatureWatchTest {

    private static final Message MESSAGE = new Message("m");
    private static final Signature WRONG = new Signature("AAAA");

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final SettableClock clock = new SettableClock(0);
    private Signature right;
    private SignatureWatch watch;

    @BeforeEach
    void makeKey() throws GeneralSecurityException {
        KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        var signing = java.security.Signature.getInstance("Ed25519");
        signing.initSign(pair.getPrivate());
        signing.update("m".getBytes(UTF_8));
        right = new Signature(Base64.getEncoder().encodeToString(signing.sign()));
        String pem = "-----BEGIN PUBLIC KEY-----"
                + Base64.getEncoder().encodeToString(pair.getPublic().getEncoded()) + "-----END PUBLIC KEY-----";
        watch = new SignatureWatch(Optional.of(SignatureCheck.by(pem)), meters, clock::nanos);
    }

    @Test
    void a_wrong_signature_is_in_the_health_until_a_right_one_comes() {
        assertThat(status()).isEqualTo(Status.UP);

        assertThat(watch.test(MESSAGE, WRONG)).isFalse();
        assertThat(status()).isEqualTo(Status.DOWN);

        assertThat(watch.test(MESSAGE, right)).isTrue();
        assertThat(status()).isEqualTo(Status.UP);
        assertThat(meters.get("upstream.signatures.wrong").counter().count()).isEqualTo(1);
    }

    @Test
    void where_none_comes_after_a_wrong_one_health_tells_it_for_five_minutes() {
        watch.test(MESSAGE, WRONG);
        clock.advance(Duration.ofMinutes(5).minusNanos(1));
        assertThat(status()).isEqualTo(Status.DOWN);

        clock.advance(Duration.ofNanos(1));

        assertThat(status()).isEqualTo(Status.UP);
    }

    @Test
    void without_a_public_key_nothing_is_held_against_a_signature() {
        var trusting = new SignatureWatch(Optional.empty(), meters, clock::nanos);

        assertThat(trusting.test(MESSAGE, WRONG)).isTrue();
        assertThat(trusting.health().getStatus()).isEqualTo(Status.UP);
    }

    private Status status() {
        return watch.health().getStatus();
    }
}
