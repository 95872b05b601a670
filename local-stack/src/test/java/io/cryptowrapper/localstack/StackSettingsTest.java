package io.cryptowrapper.localstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cryptowrapper.embedded.StartException;
import io.cryptowrapper.settings.ListenSettings;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StackSettingsTest {

    @Test
    void nothing_needs_to_be_set_and_what_is_empty_is_not() {
        StackSettings settings = StackSettings.from(Map.of("SERVER_ADDRESS", "", "CRYPTO_API_BASE_URL", " "));

        InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
        assertThat(settings.listen()).isEqualTo(new ListenSettings(loopback, 8080, loopback, 0));
        assertThat(settings.simulatorAddress()).isEqualTo(loopback);
        assertThat(settings.workers()).isEqualTo(1);
        assertThat(settings.dataDirectory()).isEqualTo(Path.of("data"));
        assertThat(settings.crypto().retry().delays()).containsExactly(Duration.ofSeconds(6));
        assertThat(settings.ownUpstream()).isFalse();
    }

    @Test
    void everything_can_be_set() {
        StackSettings settings = StackSettings.from(Map.of(
                "SERVER_PORT", " 8090 ",
                "SERVER_ADDRESS", "0.0.0.0",
                "MANAGEMENT_SERVER_PORT", "9090",
                "MANAGEMENT_SERVER_ADDRESS", "127.0.0.2",
                "SIMULATOR_BIND_ADDRESS", "127.0.0.3",
                "WORKERS", "3",
                "DATA_DIR", "/somewhere",
                "CRYPTO_RETRY_DELAYS", "1s, 5m",
                "CRYPTO_API_BASE_URL", "https://api.example.com",
                "CRYPTO_API_KEY", "k"));

        assertThat(settings.listen())
                .isEqualTo(new ListenSettings(
                        InetAddress.ofLiteral("0.0.0.0"), 8090, InetAddress.ofLiteral("127.0.0.2"), 9090));
        assertThat(settings.simulatorAddress()).isEqualTo(InetAddress.ofLiteral("127.0.0.3"));
        assertThat(settings.workers()).isEqualTo(3);
        assertThat(settings.dataDirectory()).isEqualTo(Path.of("/somewhere"));
        assertThat(settings.crypto().retry().delays()).containsExactly(Duration.ofSeconds(1), Duration.ofMinutes(5));
        assertThat(settings.ownUpstream()).isTrue();
    }

    @Test
    void however_it_is_spelled_an_upstream_of_ones_own_is_not_simulated() {
        Map<String, String> spelled = Map.of("CRYPTO_API_BASEURL", "https://api.example.com", "CRYPTO_API_KEY", "k");

        assertThat(StackSettings.from(spelled).ownUpstream()).isTrue();
        assertThat(StackSettings.from(Map.of("CRYPTO_API_KEYFILE", "/no/such/file"))
                        .ownUpstream())
                .isFalse();
        assertThat(StackSettings.isOfUpstream("CRYPTO_API_KEYFILE")).isTrue();
        assertThat(StackSettings.isOfUpstream("CRYPTO_API_PUBLICKEY")).isTrue();
        assertThat(StackSettings.isOfUpstream("CRYPTO_API_PUBLIC_KEY_FILE")).isTrue();
        assertThat(StackSettings.from(Map.of("CRYPTO_API_PUBLIC_KEY", "none")).ownUpstream())
                .isFalse();
        assertThat(StackSettings.isOfUpstream("CRYPTO_API_TIMEOUT")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "-                               | simulated",
                "https://api.example.com         | upstream-api.example.com",
                "http://API.example.com:80/      | upstream-api.example.com",
                "https://api.example.com:443     | upstream-api.example.com",
                "https://api.example.com/v2      | upstream-api.example.com%2Fv2",
                "https://api.example.com/v_2     | upstream-api.example.com%2Fv_2",
                "http://127.0.0.1:9090/../../etc | upstream-127.0.0.1%3A9090%2F..%2F..%2Fetc",
                "http://simulated                | upstream-simulated"
            })
    void each_upstream_has_a_directory_of_its_own(@Nullable String url, String directory) {
        Map<String, String> environment =
                url == null ? Map.of() : Map.of("CRYPTO_API_BASE_URL", url, "CRYPTO_API_KEY", "k");

        assertThat(StackSettings.from(environment).upstreamDirectory()).isEqualTo(directory);
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
                "CRYPTO_RETRY_DELAYS    | soon   | CRYPTO_RETRY_DELAYS must be a duration, for example 6s or 1500ms.",
                "CRYPTO_RETRY_DELAYS    | 6s,    | CRYPTO_RETRY_DELAYS must be a list of 1 to 20 durations, for example"
                        + " 6s,30s,5m.",
                "CRYPTO_RETRY_DELAYS    | 0s     | CRYPTO_RETRY_DELAYS must be from 10ms to 86400s, not 0s.",
                "CRYPTO_RETRY_PERIOD    | often  | CRYPTO_RETRY_PERIOD must be a duration, for example 6s or 1500ms.",
                "CRYPTO_API_BASE_URL    | foo    | CRYPTO_API_BASE_URL must be an http or https address without query,"
                        + " fragment or user, for example https://api.example.com.",
                "CRYPTO_API_BASE_URL    | http://localhost | CRYPTO_API_KEY is missing: set it to the upstream's key,"
                        + " or CRYPTO_API_KEY_FILE to a file that holds it.",
                "MANAGEMENT_SERVER_PORT | 8080   | MANAGEMENT_SERVER_PORT is the same as SERVER_PORT, 8080: set one of"
                        + " them to another.",
                "SERVER_ADDRESS         | 203.0.113.1 | SERVER_ADDRESS is not an address of this machine, 203.0.113.1:"
                        + " set it to one of its own, or to 0.0.0.0 for all."
            })
    void a_value_that_cannot_work_is_one_sentence(String name, String value, String sentence) {
        assertThatThrownBy(() -> StackSettings.from(Map.of(name, value)))
                .isInstanceOf(StartException.class)
                .hasMessage(sentence);
    }
}
