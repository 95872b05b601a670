package io.cryptowrapper.localstack;

import io.cryptowrapper.embedded.StartException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;

/**
 * What an operator of the local stack may set, from the environment. What the services read themselves is handed on to
 * them as it is.
 *
 * @param serverPort {@code SERVER_PORT}, where the API listens
 * @param managementPort {@code MANAGEMENT_SERVER_PORT}, where the API tells of its health; 0 for a free one
 * @param workers {@code WORKERS}, how many run
 * @param dataDirectory {@code DATA_DIR}, where everything is kept
 * @param delays {@code CRYPTO_RETRY_DELAYS}, which the embedded broker's queues are made for
 * @param ownUpstream whether {@code CRYPTO_API_BASE_URL} names an upstream, so that none is simulated
 */
record StackSettings(
        int serverPort,
        int managementPort,
        int workers,
        Path dataDirectory,
        List<Duration> delays,
        boolean ownUpstream) {

    static StackSettings from(Map<String, String> environment) {
        return new StackSettings(
                number(environment, "SERVER_PORT", "8080", 1, 65535),
                number(environment, "MANAGEMENT_SERVER_PORT", "0", 0, 65535),
                number(environment, "WORKERS", "1", 0, 64),
                Path.of(value(environment, "DATA_DIR", "data")),
                delays(value(environment, "CRYPTO_RETRY_DELAYS", "6s")),
                given(environment.get("CRYPTO_API_BASE_URL")));
    }

    private static int number(Map<String, String> environment, String name, String standard, int least, int most) {
        String value = value(environment, name, standard);
        int number = value.matches("[0-9]{1,5}") ? Integer.parseInt(value) : -1;
        if (number < least || number > most) {
            throw new StartException(
                    name + " must be a whole number from " + least + " to " + most + ", not '" + value + "'.");
        }
        return number;
    }

    private static List<Duration> delays(String value) {
        List<Duration> delays = new ArrayList<>();
        for (String delay : Arrays.asList(value.split(",", -1))) {
            try {
                delays.add(DurationStyle.detectAndParse(delay.strip()));
            } catch (IllegalArgumentException e) {
                throw new StartException(
                        "CRYPTO_RETRY_DELAYS must be a list of durations, for example 6s,30s,5m, not '" + value + "'.");
            }
        }
        return delays;
    }

    private static String value(Map<String, String> environment, String name, String standard) {
        String value = environment.getOrDefault(name, "");
        return given(value) ? value.strip() : standard;
    }

    private static boolean given(@Nullable String value) {
        return value != null && !value.isBlank();
    }
}
