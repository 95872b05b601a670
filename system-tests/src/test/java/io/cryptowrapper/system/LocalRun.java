package io.cryptowrapper.system;

import static org.awaitility.Awaitility.await;

import io.cryptowrapper.embedded.Ports;
import io.cryptowrapper.testing.RawHttp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** {@code ./run}, as somebody starts it in a terminal, and all processes that it starts. */
final class LocalRun implements AutoCloseable {

    private static final Pattern CURL = Pattern.compile("^ +(curl .*)$", Pattern.MULTILINE);

    private final Program program;
    private final int port;

    private LocalRun(Program program, int port) {
        this.program = program;
        this.port = port;
    }

    /** Starts it on a free port, with short times, and does not wait until it is up. */
    static LocalRun start(Path data, Map<String, String> settings) {
        int port = Ports.free();
        Map<String, String> all = new HashMap<>(Map.of(
                "SERVER_PORT", Integer.toString(port),
                "DATA_DIR", data.toString(),
                "SIMULATOR_FAILING_TIME", "3s",
                "CRYPTO_API_QUOTA_CALLS", "10",
                "CRYPTO_API_QUOTA_WINDOW", "3s",
                "CRYPTO_RETRY_PERIOD", "300ms",
                "CRYPTO_RETRY_DELAYS", "300ms"));
        all.putAll(settings);
        return new LocalRun(start(all), Integer.parseInt(all.get("SERVER_PORT")));
    }

    /** Runs it to its end. */
    static Program start(Map<String, String> settings, String... arguments) {
        sayThatItIsBuilt();
        // A session of its own, as a terminal has one: signals to it reach nobody else. What ignores Ctrl-C, as a job
        // in the background does, would hand that on to it.
        List<String> command = Stream.concat(
                        Stream.of("setsid", "env", "--default-signal=INT", "./run"), Stream.of(arguments))
                .toList();
        return Program.start("run", command, settings);
    }

    LocalRun awaitUp() {
        await("it is up").atMost(Duration.ofMinutes(3)).until(() -> {
            if (!program.isAlive()) {
                throw new AssertionError("it has ended:\n" + program.lastLines());
            }
            return program.output().contains("It is up.") && program.output().contains("Ctrl-C stops it.");
        });
        return this;
    }

    int port() {
        return port;
    }

    String output() {
        return program.output();
    }

    /** The line that it prints for people to paste. */
    String curlLine() {
        Matcher line = CURL.matcher(program.output());
        if (!line.find()) {
            throw new AssertionError("no curl line in:\n" + program.lastLines());
        }
        return line.group(1);
    }

    String ask(String message) throws IOException {
        return RawHttp.sign(port, message).body();
    }

    /** Asks until there is a signature, as a system that has just been started may be slow, and gives that answer. */
    String awaitSigned(String message) {
        return await(message + " is signed")
                .ignoreExceptions()
                .until(() -> ask(message), answer -> answer.contains("\"success\":true"));
    }

    /** It and all processes below it. */
    List<ProcessHandle> processes() {
        return Stream.concat(Stream.of(program.handle()), program.handle().descendants())
                .toList();
    }

    /** Those of its processes whose command line contains a text. */
    List<ProcessHandle> processes(String text) {
        return processes().stream()
                .filter(process -> process.info().commandLine().orElse("").contains(text))
                .toList();
    }

    /** A terminal sends it to all processes of the foreground. */
    int pressCtrlC() throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-INT", "--", "-" + program.handle().pid())
                .inheritIO()
                .start()
                .waitFor();
        return program.awaitExit();
    }

    int terminate() {
        return program.stop();
    }

    int awaitExit() {
        return program.awaitExit();
    }

    /** As kill -9 on it alone. */
    void kill() {
        program.kill();
    }

    /** As kill -9 on all of them at once. */
    void killEverything() {
        processes().forEach(ProcessHandle::destroyForcibly);
        program.awaitExit();
    }

    @Override
    public void close() {
        if (program.isAlive()) {
            killEverything();
        }
    }

    /** The build that runs these tests has made the programs, and ./run would make them again. */
    private static void sayThatItIsBuilt() {
        try {
            Path stamp = Project.ROOT.resolve("target/built-by-run");
            Files.createDirectories(stamp.getParent());
            Files.writeString(stamp, "");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
