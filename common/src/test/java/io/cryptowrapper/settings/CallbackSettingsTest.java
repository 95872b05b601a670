package io.cryptowrapper.settings;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CallbackSettingsTest {

    private static final String ONE = "whsec_" + Base64.getEncoder().encodeToString(new byte[24]);
    private static final String OTHER =
            "whsec_" + Base64.getEncoder().encodeToString("x".repeat(64).getBytes(US_ASCII));

    @Test
    void without_a_secret_there_are_no_callbacks() {
        assertThat(secrets(null, null).enabled()).isFalse();
        assertThat(secrets(" ", Path.of("")).enabled()).isFalse();
        assertThat(secrets(null, null).keys()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {",", ", ", " ", "\n"})
    void one_or_two_secrets_sign_the_first_one_first(String between) {
        assertThat(secrets(ONE, null).keys())
                .singleElement()
                .satisfies(key -> assertThat(key.getEncoded()).hasSize(24));
        assertThat(secrets(ONE + between + OTHER + "\n", null).keys())
                .extracting(key -> key.getEncoded().length)
                .containsExactly(24, 64);
    }

    @Test
    void they_may_come_from_a_file(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("secrets"), OTHER + "\n" + ONE + "\n");

        assertThat(secrets(null, file).keys()).hasSize(2);
        assertThatThrownBy(() -> secrets(ONE, file))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessage("CRYPTO_CALLBACK_SECRETS and CRYPTO_CALLBACK_SECRETS_FILE are both set: keep one of them.");
        assertThatThrownBy(() -> secrets(null, directory.resolve("missing")))
                .hasMessageStartingWith("CRYPTO_CALLBACK_SECRETS_FILE names a file that cannot be read");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "top-secret",
                "whsec_",
                "whsec_top-secret",
                "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzdG9wLXNlY3JldA==",
                "whsec_dG9wLXNlY3JldA==",
                "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzdG9wLXNlY3JldA==,top-secret"
            })
    void what_is_no_secret_is_one_sentence_that_does_not_show_it(String secrets) {
        assertThatThrownBy(() -> secrets(secrets, null))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageStartingWith("CRYPTO_CALLBACK_SECRETS must be one or two secrets, each whsec_ and 24 to 64")
                .message()
                .doesNotContain("top-secret", "dG9w", "MDEy");
    }

    @Test
    void three_secrets_are_too_many_and_none_is_printed() {
        assertThatThrownBy(() -> secrets(ONE + "," + OTHER + "," + ONE, null))
                .isInstanceOf(InvalidSettingException.class);
        assertThat(secrets(ONE, null).toString()).doesNotContain(ONE.substring(6));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hooks.internal",
                "HOOKS.internal:8443",
                "build_1",
                "10.1.2.3",
                "10.1.2.3:8080",
                "10.0.0.0/8",
                "0.0.0.0/0",
                "::1",
                "[::1]:8080",
                "fd00::/8"
            })
    void a_host_an_address_or_a_block_can_be_allowed(String entry) {
        assertThatCode(() -> allowed(entry)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "*",
                "http://hooks.internal",
                "hooks.internal/x",
                "hooks.internal:0",
                "hooks.internal:65536",
                "10.0.0.0/33",
                "fd00::/129",
                "10.0.0/8",
                "127.1",
                "2130706433",
                "0x7f.1",
                "[::1]",
                "[::1",
                "::g"
            })
    void what_is_none_of_these_stops_the_start(String entry) {
        assertThatThrownBy(() -> allowed(entry))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageStartingWith("CRYPTO_CALLBACK_ALLOWED must be a list of hosts, addresses and blocks");
    }

    private static CallbackSettings secrets(@Nullable String secrets, @Nullable Path file) {
        return new CallbackSettings(
                List.of(Duration.ZERO),
                List.of(),
                secrets,
                file == null ? null : file.toString(),
                Duration.ofSeconds(15));
    }

    private static CallbackSettings allowed(String entry) {
        return new CallbackSettings(List.of(Duration.ZERO), List.of(entry), null, null, Duration.ofSeconds(15));
    }
}
