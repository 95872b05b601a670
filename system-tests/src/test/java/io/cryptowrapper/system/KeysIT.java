package io.cryptowrapper.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.testing.RawHttp;
import io.cryptowrapper.testing.Stage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Client keys, made and used as the README says. */
@Tag(Stage.SYSTEM)
@Timeout(300)
class KeysIT {

    /** The README's command; it prints a key, and the line for the file. */
    static final String MAKE_A_KEY = "key=$(openssl rand -hex 32); echo \"the key: $key\"; echo \"the line: alice"
            + " $(printf %s \"$key\" | openssl dgst -sha256 -r | cut -c 1-64)\"";

    private static final String MESSAGE = "/crypto/sign?message=for-known-clients-only";

    @Test
    void only_who_has_a_key_is_served_as_often_as_it_may_and_no_process_prints_a_key_or_a_hash() throws Exception {
        Made alice = make();
        Made other = make();
        Path keys = Files.writeString(
                Project.newDirectory("keys").resolve("client-keys"),
                alice.line() + "\n" + other.line().replace("alice", "busy") + " 2\n");
        UpstreamSimulator upstream = SharedSystem.get().upstream();
        try (Programs programs = Programs.start(settings(keys), 0)) {
            for (String header : List.of("X-Nothing: here", "Prefer: wait=5", "Accept: text/event-stream")) {
                RawHttp.Response refused = RawHttp.get(programs.port(), MESSAGE, header);
                assertThat(refused.status()).isEqualTo(401);
                assertThat(refused.header("WWW-Authenticate")).contains("Bearer");
            }
            assertThat(ask(programs, alice.key() + "0").status()).isEqualTo(401);
            assertThat(upstream.calls()).noneMatch(call -> call.message().equals("for-known-clients-only"));

            String curl = Readme.read().commands().stream()
                    .filter(command -> command.contains("Bearer $key"))
                    .findFirst()
                    .orElseThrow()
                    .replace(":8080/", ":" + programs.port() + "/");
            await().until(() -> run("key=" + alice.key() + "; " + curl), answer -> answer.contains("\"success\":true"));

            assertThat(ask(programs, other.key())
                            .headers()
                            .lines()
                            .filter(line -> line.startsWith("RateLimit-Policy:")))
                    .containsExactly(
                            "RateLimit-Policy: \"client\";q=2;w=3600", "RateLimit-Policy: \"upstream\";q=100;w=1");
            assertThat(ask(programs, other.key()).status()).isEqualTo(200);
            assertThat(ask(programs, other.key()).status()).isEqualTo(429);
            assertThat(ask(programs, alice.key()).status()).isEqualTo(200);

            programs.stopApi();
            programs.startApi();
            assertThat(RawHttp.get(programs.port(), MESSAGE).status()).isEqualTo(401);
            assertThat(ask(programs, other.key()).status()).isEqualTo(200);

            assertThat(programs.output())
                    .contains("Clients need a key; the number of keys is 2")
                    .doesNotContain(alice.key(), alice.hash(), other.key(), other.hash());
        }
    }

    private static RawHttp.Response ask(Programs programs, String key) throws IOException {
        return RawHttp.get(programs.port(), MESSAGE, "Authorization: Bearer " + key);
    }

    private static Map<String, String> settings(Path keys) {
        Map<String, String> settings = SharedSystem.get().settings();
        settings.put("CRYPTO_CLIENT_KEYS_FILE", keys.toString());
        settings.put("CRYPTO_CLIENT_QUOTA_WINDOW", "1h");
        return settings;
    }

    private static Made make() throws Exception {
        List<String> lines = run(MAKE_A_KEY).lines().toList();
        assertThat(lines).hasSize(2);
        assertThat(lines.get(0)).matches("the key: [0-9a-f]{64}");
        return new Made(
                lines.get(0).substring("the key: ".length()), lines.get(1).substring("the line: ".length()));
    }

    private static String run(String command) throws Exception {
        Process process = new ProcessBuilder("bash", "-c", command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        return output;
    }

    /** A key, and what goes into the file for it. */
    private record Made(String key, String line) {

        String hash() {
            return line.substring(line.indexOf(' ') + 1);
        }
    }
}
