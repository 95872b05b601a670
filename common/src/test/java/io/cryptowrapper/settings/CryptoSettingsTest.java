package io.cryptowrapper.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.util.unit.DataSize;

class CryptoSettingsTest {

    private static final Map<String, String> NEEDED =
            Map.of("CRYPTO_API_BASE_URL", "https://api.example.com", "CRYPTO_API_KEY", "top-secret");

    private static final String PUBLIC_KEY = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEAUKizzw7n0Roye0uDnxHznTAd1C5zQ3ozjhVRtW65+Jc=
        -----END PUBLIC KEY-----
        """;

    @Test
    void without_more_than_address_and_key_the_defaults_hold() {
        CryptoSettings settings = bind(Map.of());

        assertThat(settings.api().baseUrl()).isEqualTo(URI.create("https://api.example.com"));
        assertThat(settings.api().key()).isEqualTo("top-secret");
        assertThat(settings.api().timeout()).isEqualTo(Duration.ofMillis(1500));
        assertThat(settings.api().quota()).isEqualTo(new CryptoSettings.Quota(10, Duration.ofSeconds(60)));
        assertThat(settings.api().signatureCheck()).isEmpty();
        assertThat(settings.retry())
                .isEqualTo(new CryptoSettings.Retry(
                        Duration.ofSeconds(6),
                        List.of(Duration.ofSeconds(6)),
                        Duration.ofSeconds(30),
                        Duration.ofHours(24),
                        100_000));
        assertThat(settings.callbacks().enabled()).isFalse();
        assertThat(settings.callbacks().delays())
                .startsWith(Duration.ZERO, Duration.ofSeconds(5), Duration.ofMinutes(5))
                .endsWith(Duration.ofHours(24))
                .hasSize(10);
        assertThat(settings.callbacks().allowed()).isEmpty();
        assertThat(settings.callbacks().timeout()).isEqualTo(Duration.ofSeconds(15));
        assertThat(settings.requests().maxAtOnce()).isEqualTo(1000);
        assertThat(settings.waiting()).isEqualTo(new CryptoSettings.Waiting(Duration.ofSeconds(60), 5000));
        assertThat(settings.batch()).isEqualTo(new CryptoSettings.Batch(DataSize.ofMegabytes(4), 4));
        assertThat(settings.cache().ttl()).isEqualTo(Duration.ofHours(24));
        assertThat(settings.message().maxSize()).isEqualTo(DataSize.ofKilobytes(8));
    }

    @Test
    void every_setting_can_be_set() {
        Map<String, String> variables = new HashMap<>(Map.of(
                "CRYPTO_API_BASE_URL", "http://localhost:9000/v1//",
                "CRYPTO_API_TIMEOUT", "800ms",
                "CRYPTO_API_QUOTA_CALLS", "3",
                "CRYPTO_API_QUOTA_WINDOW", "1m",
                "CRYPTO_RETRY_PERIOD", "2s",
                "CRYPTO_RETRY_DELAYS", "1s, 1m",
                "CRYPTO_RETRY_TIMEOUT", "5s",
                "CRYPTO_RETRY_GIVE_UP_AFTER", "7d",
                "CRYPTO_CACHE_TTL", "1h",
                "CRYPTO_MESSAGE_MAX_SIZE", "1KB"));
        variables.put("CRYPTO_REDIS_REPLICAS", "2");
        variables.put("CRYPTO_RETRY_MAX_PENDING", "5");
        variables.put("CRYPTO_REQUESTS_MAX_AT_ONCE", "20");
        variables.put("CRYPTO_BATCH_MAX_SIZE", "64MB");
        variables.put("CRYPTO_BATCH_MAX_AT_ONCE", "1");
        variables.put("CRYPTO_WAITING_LIMIT", "2m");
        variables.put("CRYPTO_WAITING_MAX_AT_ONCE", "0");
        variables.put("CRYPTO_API_PUBLIC_KEY", PUBLIC_KEY);
        variables.put("CRYPTO_CALLBACK_DELAYS", "1m, 2m");
        variables.put("CRYPTO_CALLBACK_ALLOWED", "hooks.internal, 10.0.0.0/8");
        variables.put("CRYPTO_CALLBACK_SECRETS", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        variables.put("CRYPTO_CALLBACK_TIMEOUT", "2s");

        CryptoSettings settings = bind(variables);

        assertThat(settings.redis().replicas()).isEqualTo(2);
        assertThat(settings.callbacks().enabled()).isTrue();
        assertThat(settings.callbacks().keys()).hasSize(1);
        assertThat(settings.callbacks().delays()).containsExactly(Duration.ofMinutes(1), Duration.ofMinutes(2));
        assertThat(settings.callbacks().allowedTargets().allows("hooks.internal", 80))
                .isTrue();
        assertThat(settings.callbacks().timeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(settings.toString()).doesNotContain("MfKQ9r8G");
        assertThat(settings.api().baseUrl()).isEqualTo(URI.create("http://localhost:9000/v1"));
        assertThat(settings.api().timeout()).isEqualTo(Duration.ofMillis(800));
        assertThat(settings.api().signatureCheck()).isPresent();
        assertThat(settings.api().quota()).isEqualTo(new CryptoSettings.Quota(3, Duration.ofMinutes(1)));
        assertThat(settings.retry())
                .isEqualTo(new CryptoSettings.Retry(
                        Duration.ofSeconds(2),
                        List.of(Duration.ofSeconds(1), Duration.ofMinutes(1)),
                        Duration.ofSeconds(5),
                        Duration.ofDays(7),
                        5));
        assertThat(settings.requests().maxAtOnce()).isEqualTo(20);
        assertThat(settings.waiting()).isEqualTo(new CryptoSettings.Waiting(Duration.ofMinutes(2), 0));
        assertThat(settings.cache().ttl()).isEqualTo(Duration.ofHours(1));
        assertThat(settings.message().maxSize()).isEqualTo(DataSize.ofKilobytes(1));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "CRYPTO_API_BASE_URL        | -                        | CRYPTO_API_BASE_URL is missing: set it to",
                "CRYPTO_API_BASE_URL        | ftp://api.example.com    | CRYPTO_API_BASE_URL must be an http or https",
                "CRYPTO_API_BASE_URL        | api.example.com          | CRYPTO_API_BASE_URL must be an http or https",
                "CRYPTO_API_BASE_URL        | https://u:pw@example.com | CRYPTO_API_BASE_URL must be an http or https",
                "CRYPTO_API_BASE_URL        | https://example.com/?pw  | CRYPTO_API_BASE_URL must be an http or https",
                "CRYPTO_API_KEY             | -                        | CRYPTO_API_KEY is missing: set it to",
                "CRYPTO_API_KEY             | '  '                     | CRYPTO_API_KEY is missing: set it to",
                "CRYPTO_API_KEY             | pw\u00e9                 | CRYPTO_API_KEY must be one line of printable",
                "CRYPTO_API_PUBLIC_KEY      | pw                       | CRYPTO_API_PUBLIC_KEY must be the upstream's",
                "CRYPTO_API_TIMEOUT         | 49ms                     | CRYPTO_API_TIMEOUT must be from 50ms to"
                        + " 1500ms, not 49ms.",
                "CRYPTO_API_TIMEOUT         | 2s                       | CRYPTO_API_TIMEOUT must be from 50ms to"
                        + " 1500ms, not 2s.",
                "CRYPTO_API_QUOTA_CALLS     | 0                        | CRYPTO_API_QUOTA_CALLS must be from 1 to"
                        + " 100000, not 0.",
                "CRYPTO_API_QUOTA_WINDOW    | 99ms                     | CRYPTO_API_QUOTA_WINDOW must be from 100ms to",
                "CRYPTO_RETRY_PERIOD        | 0s                       | CRYPTO_RETRY_PERIOD must be from 10ms to",
                "CRYPTO_RETRY_DELAYS        | ''                       | CRYPTO_RETRY_DELAYS must be a list of",
                "CRYPTO_RETRY_DELAYS        | 6s,,30s                  | CRYPTO_RETRY_DELAYS must be a list of",
                "CRYPTO_RETRY_DELAYS        | 6s,-1s                   | CRYPTO_RETRY_DELAYS must be from 10ms to",
                "CRYPTO_RETRY_TIMEOUT       | 11m                      | CRYPTO_RETRY_TIMEOUT must be from 100ms to",
                "CRYPTO_RETRY_GIVE_UP_AFTER | 0s                       | CRYPTO_RETRY_GIVE_UP_AFTER must be from 1s to",
                "CRYPTO_RETRY_MAX_PENDING   | 0                        | CRYPTO_RETRY_MAX_PENDING must be from 1 to"
                        + " 10000000, not 0.",
                "CRYPTO_REQUESTS_MAX_AT_ONCE | 0                       | CRYPTO_REQUESTS_MAX_AT_ONCE must be from 1 to",
                "CRYPTO_WAITING_LIMIT       | 0s                       | CRYPTO_WAITING_LIMIT must be from 1s to",
                "CRYPTO_BATCH_MAX_SIZE      | 100B                     | CRYPTO_BATCH_MAX_SIZE must be from 1KB to"
                        + " 64MB",
                "CRYPTO_BATCH_MAX_SIZE      | 65MB                     | CRYPTO_BATCH_MAX_SIZE must be from 1KB to"
                        + " 64MB",
                "CRYPTO_BATCH_MAX_AT_ONCE   | 0                        | CRYPTO_BATCH_MAX_AT_ONCE must be from 1 to",
                "CRYPTO_WAITING_MAX_AT_ONCE | -1                       | CRYPTO_WAITING_MAX_AT_ONCE must be from 0 to",
                "CRYPTO_CLIENT_QUOTA_REQUESTS | 0                      | CRYPTO_CLIENT_QUOTA_REQUESTS must be from 1"
                        + " to",
                "CRYPTO_CLIENT_QUOTA_WINDOW | 999ms                    | CRYPTO_CLIENT_QUOTA_WINDOW must be from 1s to",
                "CRYPTO_CACHE_TTL           | 0s                       | CRYPTO_CACHE_TTL must be from 1s to",
                "CRYPTO_CALLBACK_DELAYS     | ''                       | CRYPTO_CALLBACK_DELAYS must be a list of",
                "CRYPTO_CALLBACK_DELAYS     | 0s,0s                    | CRYPTO_CALLBACK_DELAYS must be from 10ms to"
                        + " 86400s, not 0s.",
                "CRYPTO_CALLBACK_DELAYS     | 0s,25h                   | CRYPTO_CALLBACK_DELAYS must be from 10ms to",
                "CRYPTO_CALLBACK_DELAYS     | 0s,,5s                   | CRYPTO_CALLBACK_DELAYS must be a list of",
                "CRYPTO_CALLBACK_ALLOWED    | http://pw                | CRYPTO_CALLBACK_ALLOWED must be a list of",
                "CRYPTO_CALLBACK_SECRETS    | pw                       | CRYPTO_CALLBACK_SECRETS must be one or two",
                "CRYPTO_CALLBACK_TIMEOUT    | 61s                      | CRYPTO_CALLBACK_TIMEOUT must be from 100ms to",
                "CRYPTO_REDIS_REPLICAS      | 6                        | CRYPTO_REDIS_REPLICAS must be from 0 to 5,"
                        + " not 6",
                "CRYPTO_MESSAGE_MAX_SIZE    | 65KB                     | CRYPTO_MESSAGE_MAX_SIZE must be from 1B to"
                        + " 64KB,"
            })
    void a_value_that_cannot_work_is_one_sentence_that_names_it_and_no_secret(
            String variable, @Nullable String value, String sentence) {
        assertThatThrownBy(() -> bindWithout(variable, value == null ? Map.of() : Map.of(variable, value)))
                .rootCause()
                .isInstanceOf(InvalidSettingException.class)
                .message()
                .startsWith(sentence)
                .endsWith(".")
                .doesNotContain("pw", "top-secret", "\n");
    }

    @Test
    void a_key_may_come_from_a_file(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("key"), "from-file\n");

        CryptoSettings settings = bindWithout("CRYPTO_API_KEY", Map.of("CRYPTO_API_KEY_FILE", file.toString()));

        assertThat(settings.api().key()).isEqualTo("from-file");
    }

    @Test
    void an_empty_variable_for_the_file_is_as_good_as_none() {
        assertThat(bind(Map.of("CRYPTO_API_KEY_FILE", "")).api().key()).isEqualTo("top-secret");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CRYPTO_API_TIMEOUT",
                "CRYPTO_API_QUOTA_WINDOW",
                "CRYPTO_RETRY_PERIOD",
                "CRYPTO_RETRY_TIMEOUT",
                "CRYPTO_RETRY_GIVE_UP_AFTER",
                "CRYPTO_WAITING_LIMIT",
                "CRYPTO_CLIENT_QUOTA_WINDOW",
                "CRYPTO_CACHE_TTL",
                "CRYPTO_CALLBACK_TIMEOUT",
                "CRYPTO_MESSAGE_MAX_SIZE"
            })
    void an_empty_duration_or_size_is_as_good_as_none(String variable) {
        assertThat(bind(Map.of(variable, ""))).usingRecursiveComparison().isEqualTo(bind(Map.of()));
    }

    @Test
    void a_key_file_that_cannot_be_used_is_named(@TempDir Path directory) throws IOException {
        Path missing = directory.resolve("missing");
        Path long_ = Files.writeString(directory.resolve("long"), "x".repeat(5000));

        assertThatThrownBy(() -> bindWithout("CRYPTO_API_KEY", Map.of("CRYPTO_API_KEY_FILE", missing.toString())))
                .rootCause()
                .hasMessage("CRYPTO_API_KEY_FILE names a file that cannot be read: " + missing + ".");
        assertThatThrownBy(() -> bindWithout("CRYPTO_API_KEY", Map.of("CRYPTO_API_KEY_FILE", long_.toString())))
                .rootCause()
                .hasMessage("CRYPTO_API_KEY_FILE names a file that is too long for a key: " + long_ + ".");
        assertThatThrownBy(() -> bind(Map.of("CRYPTO_API_KEY_FILE", missing.toString())))
                .rootCause()
                .hasMessage("CRYPTO_API_KEY and CRYPTO_API_KEY_FILE are both set: keep one of them.");
    }

    @Test
    void a_public_key_may_come_from_a_file(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("key.pem"), PUBLIC_KEY);

        assertThat(bind(Map.of("CRYPTO_API_PUBLIC_KEY_FILE", file.toString()))
                        .api()
                        .signatureCheck())
                .isPresent();
        assertThat(bind(Map.of("CRYPTO_API_PUBLIC_KEY_FILE", "", "CRYPTO_API_PUBLIC_KEY", " "))
                        .api()
                        .signatureCheck())
                .isEmpty();
    }

    @Test
    void a_public_key_file_that_cannot_be_used_is_named(@TempDir Path directory) throws IOException {
        Path missing = directory.resolve("missing");
        Path secret = Files.writeString(directory.resolve("secret"), "-----BEGIN PRIVATE KEY-----top-secret");

        assertThatThrownBy(() -> bind(Map.of("CRYPTO_API_PUBLIC_KEY_FILE", missing.toString())))
                .rootCause()
                .hasMessage("CRYPTO_API_PUBLIC_KEY_FILE names a file that cannot be read: " + missing + ".");
        assertThatThrownBy(() -> bind(Map.of("CRYPTO_API_PUBLIC_KEY_FILE", secret.toString())))
                .rootCause()
                .hasMessage("CRYPTO_API_PUBLIC_KEY_FILE must name a file with the upstream's public key (RSA, EC or"
                        + " Ed25519) in PEM, which begins with -----BEGIN PUBLIC KEY-----.");
        assertThatThrownBy(() -> bind(
                        Map.of("CRYPTO_API_PUBLIC_KEY_FILE", secret.toString(), "CRYPTO_API_PUBLIC_KEY", PUBLIC_KEY)))
                .rootCause()
                .hasMessage("CRYPTO_API_PUBLIC_KEY and CRYPTO_API_PUBLIC_KEY_FILE are both set: keep one of them.");
    }

    @Test
    void the_key_is_not_printed() {
        assertThat(bind(Map.of()).toString()).doesNotContain("top-secret");
    }

    private static CryptoSettings bind(Map<String, String> variables) {
        return bindWithout("", variables);
    }

    /** Binds as Spring Boot does, from environment variables, but for one of those that are needed. */
    private static CryptoSettings bindWithout(String needed, Map<String, String> variables) {
        Map<String, Object> environment = new HashMap<>(NEEDED);
        environment.remove(needed);
        environment.putAll(variables);
        var spring = new StandardEnvironment();
        spring.getPropertySources()
                .forEach(source -> spring.getPropertySources().remove(source.getName()));
        spring.getPropertySources()
                .addFirst(new SystemEnvironmentPropertySource("test-systemEnvironment", environment));
        ConfigurationPropertySources.attach(spring);
        return Binder.get(spring).bindOrCreate("crypto", CryptoSettings.class);
    }
}
