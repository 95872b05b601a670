package io.cryptowrapper.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.bind.Binder;

/** Which clients, and which web pages, may use the API. */
class ClientSettingsTest {

    private static final String HASH = "0123456789abcdef".repeat(4);
    private static final String OTHER_HASH = "fedcba9876543210".repeat(4);

    @TempDir
    private Path directory;

    @Test
    void without_settings_no_client_needs_a_key_and_no_page_may_use_it() {
        CryptoSettings settings = bind(Map.of());

        assertThat(settings.client().keys()).isEmpty();
        assertThat(settings.client().quota()).isEqualTo(new ClientSettings.Quota(600, Duration.ofSeconds(60)));
        assertThat(settings.cors().origins()).isEmpty();
        assertThat(bind(Map.of("CRYPTO_CLIENT_KEYS_FILE", "", "CRYPTO_CORS_ORIGINS", "")))
                .usingRecursiveComparison()
                .isEqualTo(settings);
    }

    @Test
    void the_file_has_a_key_on_each_line() throws IOException {
        Path file = file("""
            # Ours, and theirs: é
            alice %s

            \t bob-2.test_x   %s  20 # by agreement\r
            """.formatted(HASH, OTHER_HASH.toUpperCase(Locale.ROOT)));

        ClientSettings settings = bind(Map.of(
                        "CRYPTO_CLIENT_KEYS_FILE", file.toString(),
                        "CRYPTO_CLIENT_QUOTA_REQUESTS", "5",
                        "CRYPTO_CLIENT_QUOTA_WINDOW", "1s"))
                .client();

        assertThat(settings.keys())
                .containsExactly(new ClientKey("alice", HASH, 5), new ClientKey("bob-2.test_x", OTHER_HASH, 20));
        assertThat(settings.quota().window()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void a_client_may_have_several_keys() throws IOException {
        assertThat(keys("alice " + HASH + "\nalice " + OTHER_HASH))
                .extracting(ClientKey::name)
                .containsExactly("alice", "alice");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        ''                              | names a file without a key
        '# nobody%n'                    | names a file without a key
        'alice'                         | names a file whose line 1 is not a name, the SHA-256 of a key and, if
        'alice <hash> 1 2'              | names a file whose line 1 is not a name, the SHA-256 of a key and, if
        '<hash> 600'                    | names a file whose line 1 has no SHA-256 of 64 hexadecimal digits
        '# ok%nalice:pw <hash>'         | names a file whose line 2 does not begin with a name of up to 64
        'älice <hash>'                  | names a file whose line 1 does not begin with a name of up to 64
        'alice a-key-by-mistake'        | names a file whose line 1 has no SHA-256 of 64 hexadecimal digits
        'alice <hash>0'                 | names a file whose line 1 has no SHA-256 of 64 hexadecimal digits
        'alice <hash> 0'                | names a file whose line 1 has a number of requests that is not one
        'alice <hash> -5'               | names a file whose line 1 has a number of requests that is not one
        'alice <hash> 1000001'          | names a file whose line 1 has a number of requests that is not one
        'alice <hash> 99999999999999'   | names a file whose line 1 has a number of requests that is not one
        'alice <hash> lots'             | names a file whose line 1 has a number of requests that is not one
        'alice <hash>%n%nbob <HASH>'    | names a file whose line 3 has the same key as line 1
        """)
    void a_mistake_in_it_is_one_sentence_with_the_line_and_nothing_of_it(String content, String sentence)
            throws IOException {
        Path file = file(content.formatted().replace("<hash>", HASH).replace("<HASH>", HASH.toUpperCase(Locale.ROOT)));

        assertThatThrownBy(() -> bind(Map.of("CRYPTO_CLIENT_KEYS_FILE", file.toString())))
                .rootCause()
                .isInstanceOf(InvalidSettingException.class)
                .message()
                .startsWith("CRYPTO_CLIENT_KEYS_FILE " + sentence)
                .endsWith(": " + file + ".")
                .doesNotContain(HASH, HASH.substring(0, 8), "mistake", "alice", "pw", "\n");
    }

    @Test
    void one_that_cannot_be_read_or_has_no_end_is_named() throws IOException {
        Path missing = directory.resolve("missing");
        Path large = file("#".repeat(256 * 1024 + 1));
        Path many = file("a " + HASH.substring(4));
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i <= 1000; i++) {
            lines.append("a %064x\n".formatted(i));
        }
        Files.writeString(many, lines);

        assertComplaint(missing, "names a file that cannot be read: " + missing + ".");
        assertComplaint(directory, "names a file that cannot be read: " + directory + ".");
        assertComplaint(large, "names a file of more than 256 KiB: " + large + ".");
        assertComplaint(
                many, "names a file whose line 1001 is one too many: at most 1000 keys are taken: " + many + ".");
        assertComplaint(Path.of("/dev/zero"), "names a file of more than 256 KiB: /dev/zero.");
    }

    @Test
    void a_hash_is_not_printed() throws IOException {
        assertThat(keys("alice " + HASH)).asString().contains("alice").doesNotContain(HASH);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*",
                "https://app.example.com",
                "http://localhost:3000, https://app.example.com:8443",
                "http://[::1]:3000,http://192.0.2.1",
                "capacitor://localhost",
                "chrome-extension://abcdefghijklmnop"
            })
    void origins_are_taken_as_browsers_send_them(String origins) {
        assertThat(bind(Map.of("CRYPTO_CORS_ORIGINS", origins)).cors().origins())
                .containsExactly(origins.split(", ?"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "app.example.com",
                "https://app.example.com/",
                "https://App.example.com",
                "https://*.example.com",
                "https://user:pw@example.com",
                "https://app.example.com:443",
                "http://localhost:80",
                "http://localhost:",
                "null",
                "*,https://app.example.com",
                "https://a.example.com,,https://b.example.com",
                "https://a.example.com https://b.example.com"
            })
    void others_stop_the_start(String origins) {
        assertThatThrownBy(() -> bind(Map.of("CRYPTO_CORS_ORIGINS", origins)))
                .rootCause()
                .isInstanceOf(InvalidSettingException.class)
                .hasMessage("CRYPTO_CORS_ORIGINS must be * or a list of up to 100 origins as browsers send them, for"
                        + " example https://app.example.com,http://localhost:3000.");
    }

    private static void assertComplaint(Path file, String complaint) {
        assertThatThrownBy(() -> bind(Map.of("CRYPTO_CLIENT_KEYS_FILE", file.toString())))
                .rootCause()
                .hasMessage("CRYPTO_CLIENT_KEYS_FILE " + complaint);
    }

    private List<ClientKey> keys(String content) throws IOException {
        return bind(Map.of("CRYPTO_CLIENT_KEYS_FILE", file(content).toString()))
                .client()
                .keys();
    }

    private Path file(String content) throws IOException {
        return Files.writeString(Files.createTempFile(directory, "clients", ""), content);
    }

    private static CryptoSettings bind(Map<String, String> variables) {
        Map<String, String> all =
                new HashMap<>(Map.of("CRYPTO_API_BASE_URL", "https://api.example.com", "CRYPTO_API_KEY", "top-secret"));
        all.putAll(variables);
        return Binder.get(EnvironmentVariables.of(all)).bindOrCreate("crypto", CryptoSettings.class);
    }
}
