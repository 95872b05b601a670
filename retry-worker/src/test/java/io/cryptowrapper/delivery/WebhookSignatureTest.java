package io.cryptowrapper.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.settings.CallbackSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class WebhookSignatureTest {

    /** The example of the specification, and another one. */
    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private static final String OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

    private static final String BODY = "{\"test\": 2432232314}";

    @Test
    void it_is_the_one_of_the_specifications_example() {
        assertThat(signed(SECRET, Instant.ofEpochSecond(1_614_265_330)))
                .isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    @Test
    void two_secrets_sign_side_by_side() {
        Instant then = Instant.ofEpochSecond(1_614_265_330);

        assertThat(signed(SECRET + "," + OTHER, then)).isEqualTo(signed(SECRET, then) + " " + signed(OTHER, then));
    }

    private static String signed(String secrets, Instant at) {
        var settings = new CallbackSettings(List.of(Duration.ZERO), List.of(), secrets, null, Duration.ofSeconds(15));
        return new WebhookSignature(settings.keys()).of("msg_p5jXN8AQM9LWM0D4loKWxJek", at, BODY.getBytes(UTF_8));
    }
}
