package io.cryptowrapper.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.system.Processes;
import io.cryptowrapper.system.Programs;
import io.cryptowrapper.testing.Stage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Hours of ordinary work: neither memory nor threads nor connections grow. */
@Tag(Stage.FAULTS)
class SoakRun {

    private static final Duration TIME = Duration.parse(System.getProperty("soak.duration", "PT2H"));
    private static final Duration BETWEEN_SAMPLES = Duration.ofSeconds(30);
    private static final double MESSAGES_PER_SECOND = 4;

    /** Of memory, which a garbage collector gives back late, from the second quarter to the last. */
    private static final double MOST_GROWTH = 1.1;

    private static final String HEADER =
            "minute | API MiB | API threads | API sockets | worker MiB | worker threads | worker sockets | Redis"
                    + " clients | Redis KiB | untold";

    /** All that could grow, at one moment. Memory is in KiB. */
    private record Sample(
            long minute,
            long apiMemory,
            long apiThreads,
            long apiSockets,
            long workerMemory,
            long workerThreads,
            long workerSockets,
            long redisClients,
            long redisMemory,
            int waiting) {

        String line() {
            return "%d | %d | %d | %d | %d | %d | %d | %d | %d | %d"
                    .formatted(
                            minute,
                            apiMemory / 1024,
                            apiThreads,
                            apiSockets,
                            workerMemory / 1024,
                            workerThreads,
                            workerSockets,
                            redisClients,
                            redisMemory / 1024,
                            waiting);
        }
    }

    @Test
    void neither_memory_nor_threads_nor_connections_grow() throws Exception {
        List<Sample> samples = new ArrayList<>();
        Ledger ledger = new Ledger();
        Path file = Files.createDirectories(Path.of("target", "faults")).resolve("soak.txt");
        Files.writeString(file, HEADER + "\n");
        // Signatures are forgotten soon, so that Redis comes to a level as well.
        try (FragileServers servers = FragileServers.start();
                ScriptedUpstream upstream = new ScriptedUpstream(0.5, Duration.ofSeconds(20));
                Arena arena =
                        Arena.start(servers.servers(), Arena.Pace.FAST, upstream, 1, Map.of("CRYPTO_CACHE_TTL", "2m"));
                Clients clients = new Clients(arena.programs(), ledger, "soaked ")) {
            clients.send(MESSAGES_PER_SECOND);
            long start = System.nanoTime();
            long until = start + TIME.toNanos();
            while (System.nanoTime() < until) {
                Arena.pass(BETWEEN_SAMPLES);
                Sample sample =
                        sample(arena.programs(), servers, ledger, (System.nanoTime() - start) / 60_000_000_000L);
                samples.add(sample);
                Files.writeString(file, sample.line() + "\n", java.nio.file.StandardOpenOption.APPEND);
            }
            clients.stop();
            ScriptedUpstream.Window fullest = upstream.fullest(arena.pace().window());
            System.out.println(Files.readString(file) + clients.summary() + "; of the last calls, " + fullest);
            assertThat(fullest.calls()).isLessThanOrEqualTo(arena.pace().calls());
        }
        for (ToLongFunction<Sample> memory :
                List.<ToLongFunction<Sample>>of(Sample::apiMemory, Sample::workerMemory, Sample::redisMemory)) {
            assertThat(lastQuarter(samples, memory)).isLessThan(secondQuarter(samples, memory) * MOST_GROWTH);
        }
        for (ToLongFunction<Sample> count : List.<ToLongFunction<Sample>>of(
                Sample::apiThreads,
                Sample::apiSockets,
                Sample::workerThreads,
                Sample::workerSockets,
                Sample::redisClients)) {
            assertThat(lastQuarter(samples, count)).isLessThan(secondQuarter(samples, count) + 3);
        }
    }

    private static Sample sample(Programs programs, FragileServers servers, Ledger ledger, long minute) {
        ProcessHandle api = programs.api();
        ProcessHandle worker = programs.workerProcesses().getFirst();
        return new Sample(
                minute,
                Processes.memory(api),
                Processes.threads(api),
                Processes.sockets(api),
                Processes.memory(worker),
                Processes.threads(worker),
                Processes.sockets(worker),
                servers.redisInfo("clients", "connected_clients"),
                servers.redisInfo("memory", "used_memory"),
                ledger.atRisk());
    }

    private static double secondQuarter(List<Sample> samples, ToLongFunction<Sample> of) {
        return average(samples.subList(samples.size() / 4, samples.size() / 2), of);
    }

    private static double lastQuarter(List<Sample> samples, ToLongFunction<Sample> of) {
        return average(samples.subList(samples.size() * 3 / 4, samples.size()), of);
    }

    private static double average(List<Sample> samples, ToLongFunction<Sample> of) {
        return samples.stream().mapToLong(of).average().orElseThrow();
    }
}
