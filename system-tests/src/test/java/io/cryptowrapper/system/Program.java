package io.cryptowrapper.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** A process of the system, with what it prints in a file. */
final class Program implements AutoCloseable {

    private static final Pattern SETTINGS =
            Pattern.compile("(CRYPTO|SPRING|SERVER|MANAGEMENT|SIMULATOR)_.*|DATA_DIR|WORKERS");

    private static final int LINES_TOLD = 20;

    private final Process process;
    private final Path output;

    private Program(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    /** Starts one of the packaged programs as in its container, which ends at the latest with this process. */
    static Program start(String name, Path jar, Map<String, String> settings) {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + Project.ROOT.resolve("docker/jvm.options"),
                "@" + Project.ROOT.resolve("docker/" + heapOf(name)),
                "-XX:TieredStopAtLevel=1",
                "-jar",
                jar.toString());
        var all = new java.util.HashMap<>(settings);
        all.put("CRYPTO_EXIT_WITH_PARENT", "true");
        return start(name, command, all);
    }

    private static String heapOf(String name) {
        return name.equals("api") ? "api-service.heap.options" : "heap.options";
    }

    /** Starts a command with no settings but the given ones. */
    static Program start(String name, List<String> command, Map<String, String> settings) {
        try {
            Path output = Files.createTempFile(Files.createDirectories(Project.TARGET.resolve("output")), name, ".log");
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(Project.ROOT.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile());
            builder.environment().keySet().removeIf(SETTINGS.asMatchPredicate());
            builder.environment().putAll(settings);
            return new Program(builder.start(), output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Everything printed so far, errors too. */
    String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The end of what it has printed, and where all of it is. */
    String lastLines() {
        List<String> lines = output().lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - LINES_TOLD), lines.size())) + "\n(all of it: "
                + output + ")";
    }

    /** As kill -9 does. */
    void kill() {
        process.destroyForcibly();
        awaitExit();
    }

    /** As SIGTERM does; waits for the end. */
    int stop() {
        process.destroy();
        return awaitExit();
    }

    int awaitExit() {
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                String printed = lastLines();
                printThreads();
                process.destroyForcibly();
                throw new AssertionError("it did not end within a minute; what its threads do is in " + output
                        + ", before that it printed:\n" + printed);
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** A JVM prints what each of its threads is doing, in place of ending as others do. */
    private void printThreads() throws InterruptedException {
        try {
            new ProcessBuilder("kill", "-QUIT", Long.toString(process.pid())).start();
            boolean _ = process.waitFor(5, TimeUnit.SECONDS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        if (isAlive()) {
            kill();
        }
    }
}
