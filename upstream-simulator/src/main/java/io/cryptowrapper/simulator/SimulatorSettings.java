package io.cryptowrapper.simulator;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How the simulator behaves, and where it listens and keeps its key pair.
 *
 * @param bindAddress the address it listens on
 * @param port the port it listens on; 0 takes a free one
 * @param key what callers must send as their {@code Authorization}
 * @param seed decides together with a message whether that message fails at first
 * @param failingShare the share of the messages that fail at first, from 0 to 1
 * @param failingTime how long such a message fails, counted from its first call that was let through
 * @param calls how many calls it lets through in any {@code window}
 * @param window the length of the sliding window in which calls are counted
 * @param latency how long it takes for each answer to a call
 * @param dataDir the directory in which its key pair is kept
 */
public record SimulatorSettings(
        String bindAddress,
        int port,
        String key,
        long seed,
        double failingShare,
        Duration failingTime,
        int calls,
        Duration window,
        Duration latency,
        Path dataDir) {

    private static final Duration LONGEST = Duration.ofDays(1);
    private static final Pattern TIME = Pattern.compile("(\\d{1,9})(ms|s|m)");

    public SimulatorSettings {
        Variable.SIMULATOR_BIND_ADDRESS.require(bindAddress.matches("[0-9A-Fa-f.:]+"));
        Variable.SIMULATOR_PORT.require(port >= 0 && port <= 65_535);
        Variable.SIMULATOR_KEY.require(key.matches("[!-~]+"));
        Variable.SIMULATOR_FAILING_SHARE.require(failingShare >= 0 && failingShare <= 1);
        Variable.SIMULATOR_FAILING_TIME.require(isUsable(failingTime));
        Variable.SIMULATOR_CALLS.require(calls >= 1 && calls <= 1_000_000);
        Variable.SIMULATOR_WINDOW.require(isUsable(window) && window.toMillis() > 0);
        Variable.SIMULATOR_LATENCY.require(isUsable(latency));
    }

    /** The settings of a simulator that listens on a free port and keeps its key pair in {@code dataDir}. */
    public static SimulatorSettings in(Path dataDir) {
        return new SimulatorSettings(
                "127.0.0.1",
                0,
                "simulator-key",
                42,
                0.5,
                Duration.ofSeconds(20),
                10,
                Duration.ofSeconds(60),
                Duration.ofMillis(50),
                dataDir);
    }

    /**
     * The settings in {@code environment}, where everything not set has its default.
     *
     * @throws IllegalArgumentException with one sentence that names the variable whose value is wrong
     */
    public static SimulatorSettings from(Map<String, String> environment) {
        SimulatorSettings defaults = in(Variable.DATA_DIR.read(environment, Path::of, Path.of("data")));
        return new SimulatorSettings(
                Variable.SIMULATOR_BIND_ADDRESS.read(environment, value -> value, defaults.bindAddress),
                Variable.SIMULATOR_PORT.read(environment, Integer::valueOf, defaults.port),
                Variable.SIMULATOR_KEY.read(environment, value -> value, defaults.key),
                Variable.SIMULATOR_SEED.read(environment, Long::valueOf, defaults.seed),
                Variable.SIMULATOR_FAILING_SHARE.read(
                        environment, value -> new BigDecimal(value).doubleValue(), defaults.failingShare),
                Variable.SIMULATOR_FAILING_TIME.read(environment, SimulatorSettings::time, defaults.failingTime),
                Variable.SIMULATOR_CALLS.read(environment, Integer::valueOf, defaults.calls),
                Variable.SIMULATOR_WINDOW.read(environment, SimulatorSettings::time, defaults.window),
                Variable.SIMULATOR_LATENCY.read(environment, SimulatorSettings::time, defaults.latency),
                defaults.dataDir);
    }

    public SimulatorSettings withPort(int port) {
        return new SimulatorSettings(
                bindAddress, port, key, seed, failingShare, failingTime, calls, window, latency, dataDir);
    }

    public SimulatorSettings withKey(String key) {
        return new SimulatorSettings(
                bindAddress, port, key, seed, failingShare, failingTime, calls, window, latency, dataDir);
    }

    public SimulatorSettings withSeed(long seed) {
        return new SimulatorSettings(
                bindAddress, port, key, seed, failingShare, failingTime, calls, window, latency, dataDir);
    }

    public SimulatorSettings withFailingShare(double failingShare) {
        return new SimulatorSettings(
                bindAddress, port, key, seed, failingShare, failingTime, calls, window, latency, dataDir);
    }

    public SimulatorSettings withFailingTime(Duration failingTime) {
        return new SimulatorSettings(
                bindAddress, port, key, seed, failingShare, failingTime, calls, window, latency, dataDir);
    }

    public SimulatorSettings withCalls(int calls) {
        return new SimulatorSettings(
                bindAddress, port, key, seed, failingShare, failingTime, calls, window, latency, dataDir);
    }

    public SimulatorSettings withWindow(Duration window) {
        return new SimulatorSettings(
                bindAddress, port, key, seed, failingShare, failingTime, calls, window, latency, dataDir);
    }

    public SimulatorSettings withLatency(Duration latency) {
        return new SimulatorSettings(
                bindAddress, port, key, seed, failingShare, failingTime, calls, window, latency, dataDir);
    }

    /** Leaves the key out. */
    @Override
    public String toString() {
        return "SimulatorSettings[%s:%d, seed %d, share %s failing for %s, %d calls in %s, latency %s, data in %s]"
                .formatted(bindAddress, port, seed, failingShare, failingTime, calls, window, latency, dataDir);
    }

    private static boolean isUsable(Duration time) {
        return !time.isNegative() && time.compareTo(LONGEST) <= 0;
    }

    private static Duration time(String value) {
        Matcher matcher = TIME.matcher(value);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a time");
        }
        long amount = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            default -> Duration.ofMinutes(amount);
        };
    }
}
