package io.cryptowrapper.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cryptowrapper.embedded.Ports;
import io.cryptowrapper.simulator.Call;
import io.cryptowrapper.simulator.SimulatorSettings;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.testing.RawHttp;
import io.cryptowrapper.testing.Stage;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code ./run}: everything on one command, without Docker. */
@Tag(Stage.SYSTEM)
@Timeout(300)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RunIT {

    /** With the simulator's usual seed, this one is signed at once, and "hello" fails at first. */
    private static final String GOOD = "good morning";

    private static final String FAILING = "hello";

    /** Still waits for its first success at the simulated upstream when that is stopped. */
    private static final String NEVER_SIGNED = "evening";

    private static final Path DATA = Project.newDirectory("data");

    @Test
    @Order(1)
    void it_prints_what_to_try_and_answers_and_two_of_them_run_side_by_side_and_leave_nothing_behind()
            throws Exception {
        try (LocalRun one = LocalRun.start(DATA, Map.of());
                LocalRun other = LocalRun.start(
                        Project.newDirectory("data"),
                        Map.of("WORKERS", "2", "SERVER_ADDRESS", "", "MANAGEMENT_SERVER_ADDRESS", ""))) {
            one.awaitUp();
            other.awaitUp();
            assertThatTheReadmesExamplesWorkAt(one);
            assertThatThePageOfTheDescriptionIsThere(one);
            await().until(() -> one.output().contains("2cf24dba5fb0: signed at attempt "));
            assertThat(one.output()).containsPattern("(?m)^worker-1  \\| .*signed at attempt ");
            other.awaitSigned(GOOD);
            assertThatBothRunWithTheirProcessesAndListenOnLoopback(one, other);
            assertThatAThirdIsRefused(one);

            one.awaitSigned(GOOD);
            assertThat(one.ask(NEVER_SIGNED)).contains("\"success\":false");
            // Ctrl-C reaches only what is in the group of the terminal's foreground; the rest is stopped in order.
            assertThat(one.processes())
                    .filteredOn(process -> Processes.group(process)
                            == Processes.group(one.processes().getFirst()))
                    .hasSize(1);
            List<ProcessHandle> ofOne = one.processes();
            one.pressCtrlC();
            assertThat(ofOne).noneMatch(ProcessHandle::isAlive);
            assertThat(one.output()).doesNotContain("WARN", "ERROR", "Exception");
            assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), one.port()))
                    .isInstanceOf(ConnectException.class);

            // If it is killed, all others notice but Redis, which the next start stops.
            List<ProcessHandle> services = other.processes("-exec.jar");
            assertThat(services).hasSize(5);
            ProcessHandle redis = other.processes("redis-server").getFirst();
            other.kill();
            await().until(() -> services.stream().noneMatch(ProcessHandle::isAlive));
            redis.destroy();
        }
    }

    private static void assertThatTheReadmesExamplesWorkAt(LocalRun run) {
        // They begin with the line that it prints.
        List<Readme.Example> examples = Readme.read().examples().stream()
                .filter(example -> example.command().startsWith("curl ")
                        && !example.command().contains("$key"))
                .toList();
        assertThat(onPort(8080, run.curlLine())).isEqualTo(examples.getFirst().command());
        for (Readme.Example example : examples) {
            String command = onPort(run.port(), example.command());
            await(example.command()).until(() -> run(command), example::allows);
        }
    }

    private static void assertThatThePageOfTheDescriptionIsThere(LocalRun run) throws IOException {
        assertThat(run.output()).contains("in a browser: http://127.0.0.1:" + run.port() + "/docs/\n");
        for (String file : List.of("", "index.html", "page.js", "swagger-ui-bundle.js", "swagger-ui.css")) {
            RawHttp.Response page = RawHttp.get(run.port(), "/docs/" + file);
            assertThat(page.status()).as(file).isEqualTo(200);
            assertThat(page.header("Content-Security-Policy").orElseThrow()).startsWith("default-src 'none';");
        }
    }

    private static void assertThatBothRunWithTheirProcessesAndListenOnLoopback(LocalRun one, LocalRun other) {
        assertThat(one.processes("retry-worker")).hasSize(1);
        assertThat(other.processes("retry-worker")).hasSize(2);
        for (LocalRun run : List.of(one, other)) {
            // Itself, the simulator, Redis, the API.
            assertThat(run.processes()).hasSizeGreaterThanOrEqualTo(5);
            assertThat(Processes.listening(run.processes()))
                    .hasSizeGreaterThanOrEqualTo(5)
                    .allSatisfy(address -> assertThat(address.getAddress().isLoopbackAddress())
                            .as(address.toString())
                            .isTrue());
        }
    }

    private static void assertThatAThirdIsRefused(LocalRun one) {
        Program third =
                LocalRun.start(Map.of("DATA_DIR", DATA.toString(), "SERVER_PORT", Integer.toString(Ports.free())));
        assertThat(third.awaitExit()).isEqualTo(1);
        assertThat(third.output())
                .isEqualTo("Starting ...\nDATA_DIR " + DATA + " is in use by another stack (process "
                        + one.processes().getFirst().pid() + "): stop that one, or choose another.\n");
    }

    /** On the data that the simulated upstream has left: with another one, nothing of it is known. */
    @Test
    @Order(2)
    void with_an_upstream_of_ones_own_what_dies_comes_back_and_what_waits_survives_a_stop_and_a_kill_of_everything()
            throws Exception {
        String key = "a-key-of-ones-own";
        SimulatorSettings own = SimulatorSettings.in(Project.newDirectory("upstream"))
                .withKey(key)
                .withPort(Ports.free());
        Map<String, String> settings =
                Map.of("CRYPTO_API_BASE_URL", "http://127.0.0.1:" + own.port(), "CRYPTO_API_KEY", key);
        String signed;
        try (UpstreamSimulator failing = UpstreamSimulator.start(own.withFailingTime(Duration.ofMinutes(10)))) {
            try (LocalRun run = LocalRun.start(DATA, settings).awaitUp()) {
                assertThat(run.processes("upstream-simulator")).isEmpty();
                assertThat(run.output()).contains("The upstream is the one in CRYPTO_API_BASE_URL.");
                await().until(() -> run.output().contains("The worker is up"));
                signed = run.awaitSigned(GOOD);
                assertThat(run.ask(FAILING)).contains("\"last_status_code\":502");

                run.processes("redis-server").getFirst().destroyForcibly();
                await().until(() -> run.output().contains("Redis has ended; it is started again."));
                run.processes("api-service").getFirst().destroyForcibly();
                // The new API knows it from the new Redis alone; without one it would not even call.
                assertThat(run.awaitSigned(GOOD)).isEqualTo(signed);
                assertThat(run.output())
                        .contains("api has ended with exit code 137; it is started again.")
                        .doesNotContain(key);
                for (ProcessHandle process : run.processes()) {
                    assertThat(process.info().commandLine().orElse("")).doesNotContain(key);
                }

                List<ProcessHandle> processes = run.processes();
                run.terminate();
                assertThat(processes).hasSizeGreaterThan(3).noneMatch(ProcessHandle::isAlive);
            }
            int before = failing.calls().size();
            try (LocalRun run = LocalRun.start(DATA, settings).awaitUp()) {
                // Nobody asks for it: it is still in the queue.
                await().until(() -> failing.calls().size() > before);
                run.killEverything();
            }
            assertThat(failing.calls()).extracting(Call::message).containsOnly(GOOD, FAILING);
            assertThat(failing.calls())
                    .filteredOn(call -> GOOD.equals(call.message()))
                    .hasSize(1);
        }
        try (UpstreamSimulator upstream = UpstreamSimulator.start(own.withFailingShare(0));
                LocalRun run = LocalRun.start(DATA, settings).awaitUp()) {
            await().until(() -> run.output().contains("2cf24dba5fb0: signed at attempt "));
            assertThat(run.awaitSigned(GOOD)).isEqualTo(signed);
            run.awaitSigned(FAILING);
            assertThat(upstream.calls()).extracting(Call::message).containsOnly(FAILING);
            run.terminate();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_start_that_is_interrupted_ends_without_a_word(boolean early) throws Exception {
        Path data = Project.newDirectory("data");
        try (LocalRun run = LocalRun.start(data, Map.of())) {
            // Not sooner: a JVM that is interrupted while it boots says so itself.
            await().until(() -> early
                    ? Files.exists(data.resolve("stack.lock"))
                    : run.output().contains("simulator |"));
            List<ProcessHandle> processes = run.processes();

            run.pressCtrlC();

            assertThat(run.output().lines())
                    .allMatch(line -> line.equals("Starting ...")
                            || line.startsWith("simulator | The upstream simulator listens on "));
            assertThat(processes).noneMatch(ProcessHandle::isAlive);
        }
    }

    @Test
    void a_service_that_cannot_start_ends() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Map<String, String> settings = new HashMap<>(SharedSystem.get().settings());
            settings.putAll(Map.of(
                    "CRYPTO_API_BASE_URL", "http://127.0.0.1:9",
                    "CRYPTO_API_KEY", "k",
                    "SERVER_PORT", Integer.toString(taken.getLocalPort()),
                    "MANAGEMENT_SERVER_PORT", "0"));
            try (Program api = Program.start("api", Project.program("api-service"), settings)) {
                assertThat(api.awaitExit()).isEqualTo(1);
                assertThat(api.output())
                        .isEqualTo("Port " + taken.getLocalPort() + " is in use: stop what listens there, or set"
                                + " SERVER_PORT or MANAGEMENT_SERVER_PORT to another.\n");
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "DATA_DIR=/dev/null/x      | DATA_DIR /dev/null/x cannot be written: choose another directory.",
                "SERVER_ADDRESS=203.0.113.1 | SERVER_ADDRESS is not an address of this machine, 203.0.113.1: set it to"
                        + " one of its own, or to 0.0.0.0 for all.",
            })
    void a_wrong_setting_is_one_sentence(String setting, String sentence) {
        String[] parts = setting.split("=", 2);
        // Whatever listens on the default port.
        Map<String, String> settings = new HashMap<>(Map.of("SERVER_PORT", Integer.toString(Ports.free())));
        settings.put(parts[0], parts[1]);

        Program run = LocalRun.start(settings);

        assertThat(run.awaitExit()).isEqualTo(1);
        assertThat(run.output()).isEqualTo("Starting ...\n" + sentence + "\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SIMULATOR_CALLS=none | simulator | SIMULATOR_CALLS must be a whole number from 1 to 1000000.",
                "SERVER_TOMCAT_MAX_CONNECTIONS=many | api | SERVER_TOMCAT_MAX_CONNECTIONS must be a whole number."
            })
    void a_setting_that_a_service_refuses_stops_everything(String setting, String service, String sentence) {
        String[] parts = setting.split("=", 2);
        try (LocalRun run = LocalRun.start(Project.newDirectory("data"), Map.of(parts[0], parts[1]))) {
            assertThat(run.awaitExit()).isEqualTo(1);

            assertThat(run.output().lines().filter(line -> !line.contains("The upstream simulator listens on")))
                    .containsExactly(
                            "Starting ...",
                            service + " ".repeat(9 - service.length()) + " | " + sentence,
                            "A service could not start; what it says above tells why.");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"SERVER_PORT", "MANAGEMENT_SERVER_PORT"})
    void a_port_in_use_is_one_sentence(String setting) throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = taken.getLocalPort();
            Map<String, String> settings = new HashMap<>(Map.of(
                    "SERVER_PORT",
                    Integer.toString(Ports.free()),
                    "DATA_DIR",
                    Project.newDirectory("data").toString()));
            settings.put(setting, Integer.toString(port));

            Program run = LocalRun.start(settings);

            assertThat(run.awaitExit()).isEqualTo(1);
            assertThat(run.output())
                    .isEqualTo("Starting ...\nPort " + port + " is in use: stop what listens there, or choose another"
                            + " with " + setting + "=" + (port + 10) + " ./run\n");
        }
    }

    @Test
    void a_build_tells_what_it_does_and_why_it_fails() throws Exception {
        Path project = projectBuiltBy("""
            #!/bin/sh
            echo '[INFO] Scanning for projects...'
            echo '[INFO] Downloading from somewhere: https://host.example/org/lib/1.0/lib-1.0.jar'
            echo '[INFO] Building common 1.0 [1/8]'
            echo 'Unrecognized VM option' >&2
            echo '[FATAL] Unknown host'
            echo '[ERROR] The build could not read 1 project -> [Help 1]'
            exit 1
            """);

        Program failed = run(project);

        assertThat(failed.awaitExit()).isEqualTo(1);
        assertThat(failed.output().lines())
                .containsExactly(
                        "Building (the first time, this downloads the libraries) ...",
                        "  loading lib-1.0.jar",
                        "Building common 1.0 [1/8]",
                        "Unrecognized VM option",
                        "[FATAL] Unknown host",
                        "[ERROR] The build could not read 1 project -> [Help 1]",
                        "The build has failed; what it says above tells why (" + project
                                + "/target/built-by-run.log has all of it).");
    }

    @Test
    void of_two_that_are_started_at_the_same_time_one_builds() throws Exception {
        assumeTrue(Files.exists(Path.of("/usr/bin/flock")), "where there is no flock, nothing prevents two builds");
        Path project = projectBuiltBy("""
            #!/bin/sh
            echo built >>times
            until [ -e go-on ]; do sleep 0.1; done
            for module in api-service retry-worker local-stack upstream-simulator; do
              : >$module/target/$module-exec.jar
            done
            """);
        for (String module : List.of("api-service", "retry-worker", "local-stack", "upstream-simulator")) {
            Files.createDirectories(project.resolve(module).resolve("src/main"));
            Files.createDirectories(project.resolve(module).resolve("target"));
            Files.createFile(project.resolve(module).resolve("pom.xml"));
        }
        Files.createFile(project.resolve("pom.xml"));

        Program one = run(project);
        await().until(() -> Files.exists(project.resolve("times")));
        Program other = run(project);
        await().until(() -> other.output().equals("Another ./run is building; waiting for it ...\n"));
        Files.createFile(project.resolve("go-on"));

        for (Program program : List.of(one, other)) {
            // There is nothing in the jar.
            assertThat(program.awaitExit()).isEqualTo(1);
            assertThat(program.output()).contains("Starting ...\nError: ");
        }
        assertThat(project.resolve("times")).hasContent("built");
    }

    @Test
    void it_explains_itself() {
        Program help = LocalRun.start(Map.of(), "--help");
        assertThat(help.awaitExit()).isZero();
        assertThat(help.output())
                .startsWith("Usage: ./run [--help]\n")
                .contains("SERVER_PORT", "WORKERS", "DATA_DIR", "CRYPTO_API_BASE_URL", "CRYPTO_API_KEY");

        Program unknown = LocalRun.start(Map.of(), "--fast");
        assertThat(unknown.awaitExit()).isEqualTo(1);
        assertThat(unknown.output()).isEqualTo("Unknown argument '--fast': ./run --help tells what there is.\n");
    }

    /** A project of nothing but {@code ./run}, and a Maven that is a script. */
    private static Path projectBuiltBy(String script) throws IOException {
        Path project = Project.newDirectory("project");
        Path maven = Files.createDirectories(project.resolve("bin")).resolve("mvn");
        Files.writeString(maven, script);
        assertThat(maven.toFile().setExecutable(true)).isTrue();
        Files.copy(Project.ROOT.resolve("run"), project.resolve("run"), StandardCopyOption.COPY_ATTRIBUTES);
        return project;
    }

    private static Program run(Path project) {
        return Program.start(
                "run",
                List.of(project.resolve("run").toString()),
                Map.of(
                        "JAVA_HOME",
                        System.getProperty("java.home"),
                        "PATH",
                        project.resolve("bin") + ":" + System.getenv("PATH")));
    }

    private static String onPort(int port, String commandLine) {
        return commandLine.replaceAll("127\\.0\\.0\\.1:\\d+", "127.0.0.1:" + port);
    }

    private static String run(String commandLine) throws Exception {
        Process process = new ProcessBuilder("bash", "-c", commandLine)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        return output;
    }
}
