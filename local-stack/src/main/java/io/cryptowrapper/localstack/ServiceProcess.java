package io.cryptowrapper.localstack;

import io.cryptowrapper.embedded.OwnSession;
import io.cryptowrapper.embedded.StartException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A service in a process of its own, which is started again when it ends by itself. */
final class ServiceProcess {

    private static final Duration BEFORE_RESTART = Duration.ofSeconds(1);

    private final String name;
    private final List<String> command;
    private final Map<String, String> environment;
    private final Console console;
    private @Nullable Process process;
    private boolean stopping;
    private boolean supervised;

    ServiceProcess(String name, List<String> command, Map<String, String> environment, Console console) {
        this.name = name;
        this.command = List.copyOf(command);
        this.environment = Map.copyOf(environment);
        this.console = console;
    }

    /** The command for one of the packaged programs, on the Java that runs this one. */
    static List<String> java(Path jar) {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current()
                .info()
                .command()
                .orElse(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        // For a quick start and a small footprint; a server of its own would have other flags.
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m", "-Xshare:auto"));
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-jar", jar.toString()));
        return command;
    }

    synchronized void start() {
        if (stopping || isAlive()) {
            return;
        }
        var builder = new ProcessBuilder(OwnSession.of(command)).redirectErrorStream(true);
        builder.environment().putAll(environment);
        // They exit when their input ends, that is when this process does, even by kill -9.
        builder.environment().put("CRYPTO_EXIT_WITH_PARENT", "true");
        try {
            Process started = builder.start();
            process = started;
            Thread pump = console.pump(name, started.getInputStream());
            var _ = started.onExit().thenAccept(ended -> onExit(ended, pump));
        } catch (IOException e) {
            throw new StartException("The program of " + name + " cannot be started: " + e.getMessage() + ".", e);
        }
    }

    /** Whether the process runs that was started last. */
    synchronized boolean isAlive() {
        return process != null && process.isAlive();
    }

    /** Asks the service to stop; {@link #awaitStop} sees to it. */
    synchronized void stop() {
        stopping = true;
        if (process != null) {
            process.destroy();
        }
    }

    void awaitStop(long deadlineNanos) {
        Process last;
        synchronized (this) {
            last = process;
        }
        if (last == null) {
            return;
        }
        try {
            if (!last.waitFor(Math.max(0, deadlineNanos - System.nanoTime()), TimeUnit.NANOSECONDS)) {
                last.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            last.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    /** From now on, the service is started again when it ends. */
    synchronized void supervise() {
        supervised = true;
        if (!stopping && !isAlive()) {
            restartSoon();
        }
    }

    private void onExit(Process ended, Thread pump) {
        try {
            pump.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (this) {
            if (!stopping && supervised) {
                console.say(name + " has ended with exit code " + ended.exitValue() + "; it is started again.");
                restartSoon();
            }
        }
    }

    private void restartSoon() {
        Thread.ofVirtual().start(() -> {
            try {
                Thread.sleep(BEFORE_RESTART);
                start();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }
}
