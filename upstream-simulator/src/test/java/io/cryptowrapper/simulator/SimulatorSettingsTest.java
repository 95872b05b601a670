package io.cryptowrapper.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SimulatorSettingsTest {

    @Test
    void an_empty_environment_gives_the_defaults() {
        assertThat(SimulatorSettings.from(Map.of()))
                .isEqualTo(new SimulatorSettings(
                        "127.0.0.1",
                        0,
                        "simulator-key",
                        42,
                        0.5,
                        Duration.ofSeconds(20),
                        10,
                        Duration.ofSeconds(60),
                        Duration.ofMillis(50),
                        Path.of("data")));
    }

    @Test
    void every_variable_is_read() {
        Map<String, String> environment = Map.of(
                "SIMULATOR_BIND_ADDRESS", "::1",
                "SIMULATOR_PORT", "8081",
                "SIMULATOR_KEY", "k3y",
                "SIMULATOR_SEED", "-7",
                "SIMULATOR_FAILING_SHARE", "0.25",
                "SIMULATOR_FAILING_TIME", "2m",
                "SIMULATOR_CALLS", "3",
                "SIMULATOR_WINDOW", "5s",
                "SIMULATOR_LATENCY", "500ms",
                "DATA_DIR", "elsewhere");

        assertThat(SimulatorSettings.from(environment))
                .isEqualTo(new SimulatorSettings(
                        "::1",
                        8081,
                        "k3y",
                        -7,
                        0.25,
                        Duration.ofMinutes(2),
                        3,
                        Duration.ofSeconds(5),
                        Duration.ofMillis(500),
                        Path.of("elsewhere")));
    }

    @ParameterizedTest
    @CsvSource({
        "SIMULATOR_BIND_ADDRESS, somewhere",
        "SIMULATOR_PORT, 65536",
        "SIMULATOR_PORT, -1",
        "SIMULATOR_PORT, http",
        "SIMULATOR_KEY, a key",
        "SIMULATOR_KEY, kéy",
        "SIMULATOR_SEED, 1.5",
        "SIMULATOR_FAILING_SHARE, 1.1",
        "SIMULATOR_FAILING_SHARE, -0.1",
        "SIMULATOR_FAILING_SHARE, NaN",
        "SIMULATOR_FAILING_TIME, 20",
        "SIMULATOR_FAILING_TIME, -1s",
        "SIMULATOR_FAILING_TIME, 999999999m",
        "SIMULATOR_CALLS, 0",
        "SIMULATOR_WINDOW, 0s",
        "SIMULATOR_WINDOW, 1h",
        "SIMULATOR_LATENCY, 1441m",
        "DATA_DIR, ' '",
        "SIMULATOR_PORT, ''",
        "SIMULATOR_KEY, ''"
    })
    void a_wrong_value_is_one_sentence_that_names_its_variable_and_not_the_value(String variable, String value) {
        assertThatThrownBy(() -> SimulatorSettings.from(Map.of(variable, value)))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .startsWith(variable + " must be ")
                .endsWith(".")
                .doesNotContain("\n", "a key", "kéy");
    }

    @Test
    void the_key_is_not_in_the_text_form() {
        assertThat(SimulatorSettings.in(Path.of("data")).withKey("s3cret").toString())
                .doesNotContain("s3cret");
    }
}
