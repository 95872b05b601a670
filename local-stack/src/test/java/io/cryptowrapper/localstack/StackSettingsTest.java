package io.cryptowrapper.localstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cryptowrapper.embedded.StartException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StackSettingsTest {

    @Test
    void nothing_needs_to_be_set() {
        assertThat(StackSettings.from(Map.of()))
                .isEqualTo(new StackSettings(8080, 0, 1, Path.of("data"), List.of(Duration.ofSeconds(6)), false));
    }

    @Test
    void everything_can_be_set() {
        assertThat(StackSettings.from(Map.of(
                        "SERVER_PORT", " 8090 ",
                        "MANAGEMENT_SERVER_PORT", "9090",
                        "WORKERS", "3",
                        "DATA_DIR", "/somewhere",
                        "CRYPTO_RETRY_DELAYS", "1s, 5m",
                        "CRYPTO_API_BASE_URL", "https://api.example.com")))
                .isEqualTo(new StackSettings(
                        8090,
                        9090,
                        3,
                        Path.of("/somewhere"),
                        List.of(Duration.ofSeconds(1), Duration.ofMinutes(5)),
                        true));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SERVER_PORT            | http   | SERVER_PORT must be a whole number from 1 to 65535, not 'http'.",
                "SERVER_PORT            | 0      | SERVER_PORT must be a whole number from 1 to 65535, not '0'.",
                "SERVER_PORT            | 65536  | SERVER_PORT must be a whole number from 1 to 65535, not '65536'.",
                "MANAGEMENT_SERVER_PORT | -1     | MANAGEMENT_SERVER_PORT must be a whole number from 0 to 65535, not"
                        + " '-1'.",
                "WORKERS                | many   | WORKERS must be a whole number from 0 to 64, not 'many'.",
                "WORKERS                | 65     | WORKERS must be a whole number from 0 to 64, not '65'.",
                "CRYPTO_RETRY_DELAYS    | 6s,    | CRYPTO_RETRY_DELAYS must be a list of durations, for example"
                        + " 6s,30s,5m, not '6s,'.",
                "CRYPTO_RETRY_DELAYS    | soon   | CRYPTO_RETRY_DELAYS must be a list of durations, for example"
                        + " 6s,30s,5m, not 'soon'."
            })
    void a_value_that_cannot_work_is_one_sentence(String name, String value, String sentence) {
        assertThatThrownBy(() -> StackSettings.from(Map.of(name, value)))
                .isInstanceOf(StartException.class)
                .hasMessage(sentence);
    }
}
