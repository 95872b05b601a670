package io.cryptowrapper.localstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cryptowrapper.embedded.StartException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {

    @TempDir
    private Path parent;

    @Test
    void it_is_made_if_it_is_not_there_and_belongs_to_one_stack_at_a_time() {
        Path path = parent.resolve("new/data");

        try (DataDirectory _ = DataDirectory.lock(path)) {
            assertThatThrownBy(() -> DataDirectory.lock(path))
                    .isInstanceOf(StartException.class)
                    .hasMessage("DATA_DIR " + path + " is in use by another stack (process "
                            + ProcessHandle.current().pid() + "): stop that one, or choose another.");
        }
        DataDirectory.lock(path).close();
    }

    @Test
    void the_secret_for_callbacks_is_made_up_once_and_only_its_owner_can_read_it() throws Exception {
        try (DataDirectory directory = DataDirectory.lock(parent.resolve("data"))) {
            Path file = CallbackSecret.keptIn(directory);
            String secret = Files.readString(file);

            assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
            assertThat(secret).matches("whsec_[A-Za-z0-9+/]{43}=\n");
            CallbackSecret.keptIn(directory);
            assertThat(Files.readString(file)).isEqualTo(secret);
        }
        try (DataDirectory other = DataDirectory.lock(parent.resolve("other"))) {
            assertThat(Files.readString(CallbackSecret.keptIn(other)))
                    .isNotEqualTo(Files.readString(parent.resolve("data").resolve(CallbackSecret.FILE)));
        }
    }

    @Test
    void only_its_owner_can_look_into_it() throws Exception {
        Path path = parent.resolve("data");
        DataDirectory.lock(path).close();

        assertThat(Files.getPosixFilePermissions(path)).isEqualTo(PosixFilePermissions.fromString("rwx------"));
    }

    @Test
    void one_that_cannot_be_written_is_one_sentence() throws Exception {
        Path file = Files.createFile(parent.resolve("file"));

        assertThatThrownBy(() -> DataDirectory.lock(file))
                .isInstanceOf(StartException.class)
                .hasMessage("DATA_DIR " + file + " cannot be written: choose another directory.");
    }
}
