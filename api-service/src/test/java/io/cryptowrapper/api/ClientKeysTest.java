package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.settings.ClientKey;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientKeysTest {

    /** As {@code printf %s alice-s-key | openssl dgst -sha256} has them. */
    private static final ClientKeys KEYS = new ClientKeys(
            List.of(
                    new ClientKey("alice", "d1bbfadb2caae41b29639308b0f31dc7354e002d17dacee9990f6aa6aba751cf", 1),
                    new ClientKey("bob", "2f7220b730a1c751dacdbad64743d4468b7eee8ed6e6e1b8a09d4b71809a1577", 1),
                    new ClientKey("bob", "ab3ae1939dce755aa5699c70aac392f1a5ec8bafed59220ba8afabb895f8bf6e", 1)),
            Duration.ofSeconds(60),
            () -> 0);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Bearer alice-s-key     | alice",
                "bearer alice-s-key     | alice",
                "BEARER   bob.s~key+/== | bob",
                "Bearer bobs-new_key    | bob"
            })
    void a_key_is_known_wherever_in_the_file_it_is(String line, String name) {
        assertThat(KEYS.find(List.of(line))).map(ClientKeys.Known::client).contains(new Client(name));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''",
                "Bearer",
                "'Bearer '",
                "alice-s-key",
                "Basic alice-s-key",
                "Bearer: alice-s-key",
                "Bearer\talice-s-key",
                "' Bearer alice-s-key'",
                "Bearer alice-s-key,Bearer bob.s~key+/==",
                "Bearer alice-s-key bob.s~key+/==",
                "Bearer \"alice-s-key\"",
                "Bearer alice-s-ke",
                "Bearer alice-s-keyy",
                "Bearer Alice-s-key",
                "Bearer alice-s-key=",
                "Bearer älice-s-key",
                "Bearer d1bbfadb2caae41b29639308b0f31dc7354e002d17dacee9990f6aa6aba751cf",
            })
    void anything_else_is_not(String line) {
        assertThat(KEYS.find(List.of(line))).isEmpty();
    }

    @Test
    void nor_is_a_key_that_is_shown_twice_or_is_very_long() {
        assertThat(KEYS.find(List.of())).isEmpty();
        assertThat(KEYS.find(List.of("Bearer alice-s-key", "Bearer alice-s-key")))
                .isEmpty();
        assertThat(KEYS.find(List.of("Bearer " + "a".repeat(30_000)))).isEmpty();
        assertThat(KEYS.find(List.of("Bearer " + "=".repeat(30_000)))).isEmpty();
        assertThat(KEYS.find(List.of("Bearer" + " ".repeat(30_000)))).isEmpty();
    }

    @Test
    void each_key_has_a_quota_of_its_own() {
        for (String line : List.of("Bearer bob.s~key+/==", "Bearer bobs-new_key")) {
            assertThat(KEYS.find(List.of(line)).orElseThrow().quota().take().granted())
                    .isTrue();
            assertThat(KEYS.find(List.of(line)).orElseThrow().quota().take().granted())
                    .isFalse();
        }
    }
}
