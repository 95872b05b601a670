package io.cryptowrapper.settings;

import static io.cryptowrapper.settings.Check.require;
import static io.cryptowrapper.settings.Check.requireBetween;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How clients that left an address are told of their message's end.
 *
 * @param delays how long to wait before each attempt; when the last one has failed, the callback is parked
 * @param allowed hosts and addresses that may be called though they are not public, and without TLS
 * @param secrets one or two secrets by which callbacks are signed; without one, there are no callbacks
 * @param secretsFile the path of a file that holds them, instead of {@code secrets}; as text, as Spring makes no path
 *     of what stands in a file of the composition
 * @param timeout how long an attempt may take
 */
public record CallbackSettings(
        @DefaultValue({"0s", "5s", "5m", "30m", "2h", "5h", "10h", "14h", "20h", "24h"})
        List<Duration> delays,

        @DefaultValue List<String> allowed,
        @Nullable String secrets,
        @Nullable String secretsFile,
        @DefaultValue("15s") Duration timeout) {

    /** A receiver that asks for a longer pause gets this one. */
    public static final Duration LONGEST_DELAY = Duration.ofHours(24);

    private static final String SECRETS = "CRYPTO_CALLBACK_SECRETS";
    private static final String DELAYS = "CRYPTO_CALLBACK_DELAYS";
    private static final String PREFIX = "whsec_";
    private static final int MOST_DELAYS = 20;

    public CallbackSettings {
        require(
                // Between two commas may be nothing.
                !delays.isEmpty()
                        && delays.size() <= MOST_DELAYS
                        && delays.stream().noneMatch(Objects::isNull),
                DELAYS,
                "must be a list of 1 to " + MOST_DELAYS + " durations, for example 0s,5s,5m");
        delays = List.copyOf(delays);
        for (int i = 0; i < delays.size(); i++) {
            Duration delay = delays.get(i);
            if (i > 0 || !delay.isZero()) {
                requireBetween(DELAYS, delay, Duration.ofMillis(10), LONGEST_DELAY);
            }
        }
        AllowedTargets.of("CRYPTO_CALLBACK_ALLOWED", allowed);
        allowed = List.copyOf(allowed);
        secrets = Check.textOrFile(SECRETS, secrets, secretsFile == null ? null : Path.of(secretsFile));
        keys(secrets);
        requireBetween("CRYPTO_CALLBACK_TIMEOUT", timeout, Duration.ofMillis(100), Duration.ofMinutes(1));
    }

    /** Whether clients may ask for callbacks. */
    public boolean enabled() {
        return secrets != null;
    }

    /** What signs callbacks: each of the secrets, the first one first. */
    public List<SecretKeySpec> keys() {
        return keys(secrets);
    }

    /** Which targets are exempt from what holds for others. */
    public AllowedTargets allowedTargets() {
        return AllowedTargets.of("CRYPTO_CALLBACK_ALLOWED", allowed);
    }

    /** Leaves the secrets out. */
    @Override
    public String toString() {
        return "CallbackSettings[delays=" + delays + "]";
    }

    private static List<SecretKeySpec> keys(@Nullable String secrets) {
        if (secrets == null) {
            return List.of();
        }
        List<SecretKeySpec> keys = new ArrayList<>();
        for (String secret : secrets.strip().split("[,\\s]+", 4)) {
            byte[] key = secret.startsWith(PREFIX) ? decode(secret.substring(PREFIX.length())) : new byte[0];
            // What it is instead is not printed.
            require(
                    key.length >= 24 && key.length <= 64 && keys.size() < 2,
                    SECRETS,
                    "must be one or two secrets, each whsec_ and 24 to 64 bytes in base64: openssl rand -base64 32"
                            + " makes such bytes");
            keys.add(new SecretKeySpec(key, "HmacSHA256"));
        }
        return List.copyOf(keys);
    }

    private static byte[] decode(String base64) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }
}
