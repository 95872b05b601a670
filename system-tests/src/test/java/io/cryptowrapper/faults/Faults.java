package io.cryptowrapper.faults;

import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.faults.Arena.Way;
import io.cryptowrapper.faults.Fault.Harm;
import io.cryptowrapper.faults.Fault.Victim;
import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.simulator.Behaviour.Answer;
import io.cryptowrapper.system.Project;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

/** All faults that can be made on one machine. */
final class Faults {

    private static final int MOST_WORKERS = 8;
    private static final String FAKE_TIME = "faketime/libfaketimeMT.so.1";

    private final Arena arena;
    private final FragileServers servers;
    private final Random random;

    Faults(Arena arena, FragileServers servers, Random random) {
        this.arena = arena;
        this.servers = servers;
        this.random = random;
    }

    /** All but those that callbacks are excused by. */
    List<Fault> all() {
        List<Fault> all = new ArrayList<>(processes());
        all.addAll(broker());
        all.addAll(redis());
        all.addAll(connections());
        all.addAll(upstream());
        return all;
    }

    List<Fault> processes() {
        var programs = arena.programs();
        return List.of(
                Fault.of("kill -9 of the API", Victim.API, programs::killApi, programs::launchApi),
                Fault.of("kill -9 of a worker", Victim.WORKERS, () -> programs.killWorkers(1), this::someWorkers),
                Fault.of("kill -9 of all workers", Victim.WORKERS, programs::killWorkers, this::someWorkers),
                new Fault(
                        "kill -9 of the API and all workers",
                        List.of(Victim.API, Victim.WORKERS),
                        () -> {
                            programs.killApi();
                            programs.killWorkers();
                        },
                        () -> {
                            programs.launchApi();
                            someWorkers();
                        }),
                new Fault(
                        "rolling restart by SIGTERM",
                        List.of(Victim.API, Victim.WORKERS),
                        () -> {
                            for (int i = programs.workers(); i > 0; i--) {
                                programs.startWorkers(1);
                                programs.stopWorker();
                            }
                            programs.stopApi();
                            programs.launchApi();
                        },
                        () -> {}),
                Fault.of(
                        "eight workers",
                        Victim.WORKERS,
                        () -> programs.startWorkers(MOST_WORKERS - programs.workers()),
                        () -> programs.killWorkers(programs.workers() - 1 - random.nextInt(3))));
    }

    List<Fault> broker() {
        return List.of(
                Fault.of("kill -9 of RabbitMQ", Victim.BROKER, servers::killBroker, servers::startBroker),
                Fault.of("restart of RabbitMQ", Victim.BROKER, servers::stopBroker, servers::startBroker),
                Fault.of("RabbitMQ frozen", Victim.BROKER, servers::freezeBroker, servers::thawBroker),
                Fault.of(
                        "memory alarm of RabbitMQ",
                        Victim.BROKER,
                        () -> servers.limitBrokersMemory(0.00001),
                        () -> servers.limitBrokersMemory(0.6)),
                Fault.of("full queues", Victim.BROKER, () -> servers.limitQueues(1), servers::unlimitQueues));
    }

    List<Fault> redis() {
        return List.of(
                Fault.of("kill -9 of Redis", Victim.REDIS, servers::killRedis, servers::startRedis),
                Fault.of("restart of Redis", Victim.REDIS, servers::stopRedis, servers::startRedis),
                Fault.of("Redis frozen", Victim.REDIS, servers::freezeRedis, servers::thawRedis),
                Fault.of(
                        "Redis full (noeviction)",
                        Victim.REDIS,
                        () -> servers.redis("config", "set", "maxmemory", "1"),
                        () -> servers.redis("config", "set", "maxmemory", "0")));
    }

    /** One that no process may start or the broker be away in: see the README's limits. */
    Fault flush() {
        return new Fault(
                "FLUSHALL of Redis",
                List.of(Victim.REDIS, Victim.BROKER, Victim.API, Victim.WORKERS),
                () -> {
                    arena.programs().awaitApi();
                    // Each worker looks a dozen times for what nothing is known of.
                    await("nothing is in the outbox alone")
                            .atMost(ofMinutes(5))
                            .until(() -> servers.redis("zcard", "sign:outbox").equals("0"));
                    servers.redis("flushall");
                },
                () -> {});
    }

    List<Fault> connections() {
        List<Fault> all = new ArrayList<>();
        for (Way way : Way.values()) {
            boolean toUpstream = way == Way.API_TO_UPSTREAM || way == Way.WORKERS_TO_UPSTREAM;
            for (Harm harm : Harm.values()) {
                if (harm == Harm.SILENT && toUpstream) {
                    // Calls that a network keeps back and lets go all at once: see the README's limits.
                    continue;
                }
                String name = way.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
                all.add(Fault.of(
                        name + " " + harm.name().toLowerCase(java.util.Locale.ROOT),
                        switch (way) {
                            case API_TO_REDIS, WORKERS_TO_REDIS -> Victim.REDIS;
                            case API_TO_BROKER, WORKERS_TO_BROKER -> Victim.BROKER;
                            case API_TO_UPSTREAM, WORKERS_TO_UPSTREAM -> Victim.UPSTREAM;
                        },
                        () -> harm.on(arena.gate(way), random),
                        () -> arena.gate(way).open()));
            }
        }
        return all;
    }

    List<Fault> upstream() {
        return List.of(
                trouble("upstream hangs", new Behaviour.Hang(ofSeconds(40))),
                trouble("upstream resets connections", new Behaviour.Reset()),
                trouble("upstream sends slowly", new Behaviour.Dribble(ofSeconds(5))),
                trouble("upstream limits, with Retry-After", new Answer(429, Map.of("Retry-After", "3"), "slow down")),
                trouble("upstream limits, without Retry-After", Answer.text(429, "slow down")),
                trouble("upstream refuses the key", Answer.text(401, "who are you?")),
                trouble("storm of 503", Answer.text(503, "down")),
                trouble("upstream answers with nothing", Answer.empty()),
                trouble(
                        "upstream answers with a page",
                        new Answer(200, Map.of("Content-Type", "text/html"), "<html>")));
    }

    /** A worker whose clock is a day off, and is set right while it works; none where the time cannot be faked. */
    List<Fault> clocks() {
        Optional<Path> fakeTime = fakeTime();
        if (fakeTime.isEmpty()) {
            System.out.println("No clock steps, as there is no " + FAKE_TIME + ": Debian has it in libfaketime.");
            return List.of();
        }
        Path clock = Project.newDirectory("clock").resolve("time");
        return Stream.of("+25h", "-25h")
                // Servers are to be there when it starts: it is to work with the wrong time.
                .map(wrong -> new Fault(
                        "clock of a worker steps, " + wrong,
                        List.of(Victim.WORKERS, Victim.REDIS, Victim.BROKER),
                        () -> {
                            Files.writeString(clock, wrong);
                            arena.programs()
                                    .startWorker(Map.of(
                                            "LD_PRELOAD",
                                            fakeTime.get().toString(),
                                            "FAKETIME_TIMESTAMP_FILE",
                                            clock.toString(),
                                            "FAKETIME_CACHE_DURATION",
                                            "1",
                                            "FAKETIME_DONT_FAKE_MONOTONIC",
                                            "1",
                                            // Without it, waits end at once, and a worker never comes up.
                                            "FAKETIME_FORCE_MONOTONIC_FIX",
                                            "0"));
                            arena.programs().awaitNewestWorker();
                        },
                        () -> Files.writeString(clock, "+0")))
                .toList();
    }

    /** In Debian's directory for the processor that this is. */
    private static Optional<Path> fakeTime() {
        try (Stream<Path> directories = Files.list(Path.of("/usr/lib"))) {
            return directories
                    .map(directory -> directory.resolve(FAKE_TIME))
                    .filter(Files::exists)
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private Fault trouble(String name, Behaviour behaviour) {
        return Fault.of(
                name,
                Victim.UPSTREAM,
                () -> arena.upstream().does(behaviour),
                () -> arena.upstream().isWell());
    }

    /** From one to three, as there should be some left to kill. */
    private void someWorkers() {
        int missing = 1 + random.nextInt(3) - arena.programs().workers();
        arena.programs().startWorkers(Math.max(missing, arena.programs().workers() == 0 ? 1 : 0));
    }
}
