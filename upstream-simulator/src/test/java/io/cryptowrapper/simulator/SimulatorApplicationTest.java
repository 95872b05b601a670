package io.cryptowrapper.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.testing.RawHttp;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The program in a process of its own. */
@Timeout(60)
class SimulatorApplicationTest {

    @TempDir
    private Path dataDir;

    @Test
    void it_prints_its_address_and_on_request_each_call_and_runs_until_it_is_terminated() throws Exception {
        Process program = start(Map.of("SIMULATOR_PRINT_CALLS", "true"));
        try (BufferedReader out = program.inputReader()) {
            Matcher address = Pattern.compile("The upstream simulator listens on http://127\\.0\\.0\\.1:(\\d+)")
                    .matcher(out.readLine());
            assertThat(address.matches()).isTrue();

            RawHttp.get(Integer.parseInt(address.group(1)), "/crypto/sign?message=a+line%0A");
            assertThat(Call.fromCsv(out.readLine()))
                    .hasValueSatisfying(call -> assertThat(call)
                            .extracting(Call::message, Call::status)
                            .containsExactly("a line\n", 401));

            // The process's own destroy() would close the streams read below.
            program.toHandle().destroy();
            assertThat(out.readLine()).isNull();
            assertThat(stderr(program)).isEmpty();
            program.waitFor();
        } finally {
            program.destroyForcibly();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "SIMULATOR_CALLS, many, a whole number from 1 to 1000000",
        "SIMULATOR_PRINT_CALLS, many, true or false",
        "SIMULATOR_PRINT_CALLS, '', true or false"
    })
    void a_wrong_setting_ends_it_with_that_sentence_alone(String variable, String value, String mustBe)
            throws Exception {
        Process program = start(Map.of(variable, value));

        assertThat(stderr(program)).isEqualTo(variable + " must be " + mustBe + ".\n");
        assertThat(program.inputReader().readLine()).isNull();
        assertThat(program.waitFor()).isEqualTo(1);
    }

    @Test
    void a_port_in_use_ends_it_with_that_sentence_alone() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Process program = start(Map.of("SIMULATOR_PORT", String.valueOf(taken.getLocalPort())));

            assertThat(stderr(program))
                    .isEqualTo("The simulator cannot listen on 127.0.0.1:%d: Address already in use.\n"
                            .formatted(taken.getLocalPort()));
            assertThat(program.inputReader().readLine()).isNull();
            assertThat(program.waitFor()).isEqualTo(1);
        }
    }

    private Process start(Map<String, String> environment) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                // For a fast start.
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                SimulatorApplication.class.getName());
        builder.environment().put("DATA_DIR", dataDir.toString());
        builder.environment().putAll(environment);
        return builder.start();
    }

    private static String stderr(Process program) throws IOException {
        return new String(program.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
