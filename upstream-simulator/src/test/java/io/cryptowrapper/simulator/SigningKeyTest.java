package io.cryptowrapper.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SigningKeyTest {

    @TempDir
    private Path dataDir;

    @Test
    void the_key_is_made_once_and_nothing_else_is_left_in_its_directory() throws IOException {
        Path missing = dataDir.resolve("not/yet");

        SigningKey made = SigningKey.keptIn(missing);
        String pem = Files.readString(missing.resolve(SigningKey.FILE_NAME));
        SigningKey read = SigningKey.keptIn(missing);

        assertThat(read.publicKeyPem()).isEqualTo(made.publicKeyPem());
        assertThat(read.sign("m")).isEqualTo(made.sign("m"));
        assertThat(pem).startsWith("-----BEGIN PRIVATE KEY-----\n").endsWith("\n-----END PRIVATE KEY-----\n");
        assertThat(missing).isDirectoryContaining("glob:**/simulator-key.pem");
        try (var files = Files.list(missing)) {
            assertThat(files).hasSize(1);
        }
    }

    @Test
    void only_its_owner_may_read_the_key() throws IOException {
        Path kept = SimulatorCalls.DATA_DIR;
        assumeTrue(Files.getFileStore(kept).supportsFileAttributeView("posix"));

        SigningKey.keptIn(kept);

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(kept.resolve(SigningKey.FILE_NAME))))
                .isEqualTo("rw-------");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "no key",
                "-----BEGIN PRIVATE KEY-----",
                "-----BEGIN PRIVATE KEY-----\n*\n-----END PRIVATE KEY-----\n",
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
            })
    void an_unreadable_key_file_is_one_sentence_and_stays_as_it_is(String content) throws IOException {
        Path file = Files.writeString(dataDir.resolve(SigningKey.FILE_NAME), content);

        assertThatThrownBy(() -> SigningKey.keptIn(dataDir))
                .isInstanceOf(SimulatorException.class)
                .message()
                .startsWith("The key file " + file + " is not a readable RSA private key in PKCS#8 PEM (")
                .endsWith(").")
                .doesNotContain("\n");
        assertThat(file).hasContent(content);
    }

    @Test
    void a_directory_that_cannot_be_made_is_one_sentence() throws IOException {
        Path file = Files.writeString(dataDir.resolve("file"), "");

        assertThatThrownBy(() -> SigningKey.keptIn(file.resolve("data")))
                .isInstanceOf(SimulatorException.class)
                .message()
                .startsWith("The key file ")
                .contains(" cannot be written (")
                .doesNotContain("\n");
    }
}
