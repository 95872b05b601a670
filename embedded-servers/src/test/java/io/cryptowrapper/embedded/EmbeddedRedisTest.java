package io.cryptowrapper.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class EmbeddedRedisTest {

    @TempDir
    private Path directory;

    @Test
    void what_is_stored_is_there_again_after_a_stop() throws Exception {
        try (EmbeddedRedis redis = EmbeddedRedis.start(directory)) {
            assertThat(ask(redis, "SET colour blue")).isEqualTo("+OK");
        }

        try (EmbeddedRedis again = EmbeddedRedis.start(directory)) {
            assertThat(ask(again, "STRLEN colour")).isEqualTo(":4");
        }
    }

    @Test
    void what_is_stored_is_there_again_after_a_kill() throws Exception {
        EmbeddedRedis redis = EmbeddedRedis.start(directory);
        assertThat(ask(redis, "SET colour blue")).isEqualTo("+OK");
        kill(redis.pid());

        try (EmbeddedRedis again = EmbeddedRedis.start(directory)) {
            assertThat(ask(again, "STRLEN colour")).isEqualTo(":4");
        }
    }

    @Test
    void a_server_that_is_supervised_comes_back_where_it_was_until_it_is_closed() throws Exception {
        EmbeddedRedis redis = EmbeddedRedis.start(directory);
        var told = new AtomicInteger();
        redis.supervise(told::incrementAndGet);
        assertThat(ask(redis, "SET colour blue")).isEqualTo("+OK");
        for (int kills = 1; kills <= 2; kills++) {
            kill(redis.pid());

            await().atMost(Duration.ofMinutes(1))
                    .pollInterval(Duration.ofMillis(20))
                    .ignoreExceptions()
                    .until(() -> ask(redis, "STRLEN colour").equals(":4"));
            assertThat(told).hasValue(kills);
        }

        redis.close();

        assertThat(ProcessHandle.of(redis.pid()).filter(ProcessHandle::isAlive)).isEmpty();
        assertThat(told).hasValue(2);
        assertThat(directory.resolve("redis.pid")).doesNotExist();
    }

    @Test
    void a_server_that_was_left_behind_is_stopped_before_another_uses_its_files() throws Exception {
        EmbeddedRedis leftBehind = EmbeddedRedis.start(directory);

        try (EmbeddedRedis redis = EmbeddedRedis.start(directory)) {
            assertThat(ProcessHandle.of(leftBehind.pid()).filter(ProcessHandle::isAlive))
                    .isEmpty();
            assertThat(ask(redis, "PING")).isEqualTo("+PONG");
        }
    }

    @Test
    void nobody_gets_in_without_the_password_which_only_its_owner_can_read() throws Exception {
        try (EmbeddedRedis redis = EmbeddedRedis.start(directory)) {
            assertThat(answer(redis, "PING\r\n", 1)).startsWith("-NOAUTH");
            assertThat(Files.getPosixFilePermissions(directory.resolve("redis.conf")))
                    .isEqualTo(PosixFilePermissions.fromString("rw-------"));
            assertThat(ProcessHandle.of(redis.pid()).orElseThrow().info().commandLine())
                    .get()
                    .asString()
                    .doesNotContain(redis.password());
        }
    }

    @Test
    void where_one_executable_does_not_run_the_next_is_used() throws Exception {
        String bundled;
        try (EmbeddedRedis redis = EmbeddedRedis.start(directory)) {
            bundled = commandOf(redis).orElseThrow();
        }

        try (EmbeddedRedis redis = EmbeddedRedis.start(directory, List.of("no-such-program", "/bin/false", bundled))) {
            assertThat(commandOf(redis)).contains(bundled);
        }
    }

    @Test
    void where_none_runs_one_sentence_says_what_to_install() {
        assertThatThrownBy(() -> EmbeddedRedis.start(directory, List.of("no-such-program", "/bin/false")))
                .isInstanceOf(StartException.class)
                .hasMessageStartingWith("The redis-server that comes with this program does not run on this system, and"
                        + " none on the PATH does: install Redis 6.2 or later (");
    }

    @Test
    void a_directory_that_cannot_be_used_is_named() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));

        assertThatThrownBy(() -> EmbeddedRedis.start(file))
                .isInstanceOf(StartException.class)
                .hasMessageStartingWith("Redis cannot use " + file);
    }

    private static Optional<String> commandOf(EmbeddedRedis redis) {
        return ProcessHandle.of(redis.pid()).flatMap(process -> process.info().command());
    }

    private static void kill(long pid) throws Exception {
        ProcessHandle process = ProcessHandle.of(pid).orElseThrow();
        process.destroyForcibly();
        process.onExit().get(10, TimeUnit.SECONDS);
    }

    private static String ask(EmbeddedRedis redis, String command) throws IOException {
        return answer(redis, "AUTH " + redis.password() + "\r\n" + command + "\r\n", 2);
    }

    /** The last of so many lines. */
    private static String answer(EmbeddedRedis redis, String commands, int lines) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), redis.port())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(commands.getBytes(StandardCharsets.US_ASCII));
            var reader = new java.io.BufferedReader(
                    new java.io.InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            return Stream.generate(() -> line(reader)).limit(lines).toList().getLast();
        }
    }

    private static String line(java.io.BufferedReader reader) {
        try {
            return String.valueOf(reader.readLine());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
