package io.cryptowrapper.composition;

import static java.time.Duration.ofMillis;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.embedded.Ports;
import io.cryptowrapper.simulator.Call;
import io.cryptowrapper.system.Project;
import io.cryptowrapper.testing.EventClient;
import io.cryptowrapper.testing.RawHttp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** The composition, under a name and on a port of its own, driven as an operator does: by docker compose. */
final class Composition implements AutoCloseable {

    private static final Path OUTPUT = Project.TARGET.resolve("output");
    private static final Duration LONGEST_COMMAND = Duration.ofMinutes(8);
    private static final int LINES_TOLD = 30;

    private final String name;
    private final List<String> files;
    private final Map<String, String> settings;
    private final int port = Ports.free();

    /**
     * Nothing is started yet.
     *
     * @param name the project's, to which nobody else's containers belong
     * @param settings what an operator would write into .env
     */
    Composition(String name, List<String> files, Map<String, String> settings) {
        this.name = name;
        this.files = files;
        this.settings = new HashMap<>(settings);
        this.settings.put("SERVER_PORT", Integer.toString(port));
    }

    /** At a pace that tests can wait for. */
    static Map<String, String> pace(int calls, Duration window) {
        String period = window.dividedBy(calls).toMillis() + "ms";
        return Map.of(
                "CRYPTO_API_QUOTA_CALLS",
                Integer.toString(calls),
                "CRYPTO_API_QUOTA_WINDOW",
                window.toMillis() + "ms",
                "CRYPTO_RETRY_PERIOD",
                period,
                "CRYPTO_RETRY_DELAYS",
                period,
                "SIMULATOR_CALLS",
                Integer.toString(calls),
                "SIMULATOR_WINDOW",
                window.toMillis() + "ms",
                "SIMULATOR_FAILING_TIME",
                "2s",
                "SIMULATOR_PRINT_CALLS",
                "true");
    }

    /** Runs docker compose and gives what it prints; fails if it does. */
    String compose(String... arguments) {
        List<String> command = new ArrayList<>(List.of("docker", "compose", "--project-name", name));
        files.forEach(file -> command.addAll(List.of("--file", file)));
        command.addAll(List.of(arguments));
        return run(command);
    }

    /** Runs docker with the container of a service as its last argument. */
    String docker(String command, String service, int number) {
        return run(List.of("docker", command, container(service, number)));
    }

    /** What docker knows of a container. */
    String inspect(String format, String service, int number) {
        return run(List.of("docker", "inspect", "--format", format, container(service, number)))
                .strip();
    }

    /**
     * Kills a container and starts it again, while others take the lowest addresses that are free.
     *
     * @return the address that it had
     */
    String startAtAnotherAddress(String service, String network, List<String> others) {
        String before = addressOf(service, network);
        String full = name + "_" + network;
        docker("kill", service, 1);
        others.forEach(other -> run(List.of("docker", "network", "connect", full, container(other, 1))));
        docker("start", service, 1);
        others.forEach(other -> run(List.of("docker", "network", "disconnect", full, container(other, 1))));
        return before;
    }

    String addressOf(String service, String network) {
        return inspect("{{(index .NetworkSettings.Networks \"" + name + "_" + network + "\").IPAddress}}", service, 1);
    }

    String health(String service, int number) {
        return inspect("{{.State.Health.Status}}", service, number);
    }

    void awaitHealthy(String service, int number) {
        await(service + " is healthy")
                .atMost(Duration.ofMinutes(2))
                .until(() -> health(service, number).equals("healthy"));
    }

    /** Runs a command of the shell in a container. */
    String inside(String service, int number, String command) {
        return compose("exec", "-T", "--index", Integer.toString(number), service, "sh", "-c", command);
    }

    RawHttp.Response ask(String message) throws IOException {
        return RawHttp.sign(port, message);
    }

    /** Asks for just this. */
    RawHttp.Response get(String target) throws IOException {
        return RawHttp.get(port, target);
    }

    /** Asks, and leaves the answer to be read later. */
    Socket open(String target, String... headerLines) throws IOException {
        Socket socket = RawHttp.open(port, target, headerLines);
        socket.setSoTimeout(60_000);
        return socket;
    }

    /** Follows a message by server-sent events. */
    EventClient follow(String target) throws IOException {
        return EventClient.open(port, target, "Accept: text/event-stream");
    }

    /** A connection as a client has it. */
    Socket connect() throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), port);
    }

    boolean isSigned(String message) throws IOException {
        return ask(message).body().contains("\"success\":true");
    }

    /** How a client finds out whether a message is signed. */
    interface Client {
        boolean isSigned(String message) throws IOException;
    }

    /**
     * Waits until so many of the messages are signed.
     *
     * @param signed those that are known to be, and are not asked for again; the others that are found are added
     */
    static void awaitSigned(int howMany, List<String> messages, Set<String> signed, Client client) {
        await(howMany + " signed").atMost(Duration.ofMinutes(4)).until(() -> {
            for (String message : messages) {
                if (signed.size() < howMany && !signed.contains(message) && client.isSigned(message)) {
                    signed.add(message);
                }
            }
            return signed.size() >= howMany;
        });
    }

    /** The calls that have arrived at the upstream, from its log: that outlives a container that is started again. */
    List<Call> calls() {
        return log("upstream-simulator").stream()
                .flatMap(line -> Call.fromCsv(line).stream())
                .toList();
    }

    /** The lines that a service's containers have printed. */
    List<String> log(String service) {
        return compose("logs", "--no-color", "--no-log-prefix", service)
                .lines()
                .map(line -> line.replaceAll("\\e\\[[0-9]*K", ""))
                .filter(line -> !line.isBlank())
                .toList();
    }

    /** Removes it with all its data; what it has printed stays in target/output. */
    @Override
    public void close() {
        try {
            Files.createDirectories(OUTPUT);
            Files.writeString(OUTPUT.resolve(name + ".log"), compose("logs", "--no-color", "--timestamps"));
            tellOfRestarts();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            compose("down", "--volumes", "--timeout", "3");
        }
    }

    /** Whoever reads why a test has failed should know of a program that has ended and was started again by Docker. */
    private void tellOfRestarts() {
        compose("ps", "--all", "--quiet").lines().forEach(container -> {
            String format = "{{.RestartCount}} {{index .Config.Labels \"com.docker.compose.service\"}}";
            String[] restarts = run(List.of("docker", "inspect", "--format", format, container))
                    .strip()
                    .split(" ", 2);
            if (!restarts[0].equals("0")) {
                List<String> printed = log(restarts[1]).stream()
                        .filter(line -> Call.fromCsv(line).isEmpty())
                        .toList();
                System.out.printf(
                        "%s has ended and was started again %s times:%n  %s%n",
                        restarts[1],
                        restarts[0],
                        String.join("\n  ", printed.subList(Math.max(0, printed.size() - LINES_TOLD), printed.size())));
            }
        });
    }

    private String container(String service, int number) {
        return name + "-" + service + "-" + number;
    }

    private String run(List<String> command) {
        try {
            Path output = Files.createTempFile(Files.createDirectories(OUTPUT), "docker", ".log");
            Path errors = Files.createTempFile(OUTPUT, "docker", ".err");
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(Project.ROOT.toFile())
                    .redirectOutput(output.toFile())
                    .redirectError(errors.toFile());
            builder.environment().keySet().removeIf(variable -> variable.matches("(CRYPTO|SERVER|SIMULATOR)_.*"));
            builder.environment().putAll(settings);
            // Else its progress is for a terminal.
            builder.environment().put("COMPOSE_ANSI", "never");
            Process process = builder.start();
            if (!process.waitFor(LONGEST_COMMAND.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("it took too long: " + command + "\n" + Files.readString(errors));
            }
            if (process.exitValue() != 0) {
                throw new AssertionError(
                        command + " has failed:\n" + Files.readString(output) + Files.readString(errors));
            }
            String printed = Files.readString(output);
            Files.delete(output);
            Files.delete(errors);
            return printed;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** How long there was no call, at most, between those that follow one another. */
    static Duration longestPause(List<Call> calls) {
        long longest = 0;
        for (int i = 1; i < calls.size(); i++) {
            longest = Math.max(longest, calls.get(i).nanos() - calls.get(i - 1).nanos());
        }
        return ofMillis(longest / 1_000_000);
    }
}
