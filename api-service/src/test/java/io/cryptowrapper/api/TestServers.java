package io.cryptowrapper.api;

import io.cryptowrapper.embedded.EmbeddedServers;
import io.cryptowrapper.signing.UpstreamName;
import io.cryptowrapper.simulator.SimulatorSettings;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.wiring.Queues;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A real broker and a real Redis for all tests of this module. No worker takes from the queue. */
final class TestServers {

    /** Long, so that in tests that count the messages none moves from one queue to the next; and the usual one. */
    private static final List<Duration> DELAYS = List.of(Duration.ofMinutes(10), Duration.ofSeconds(6));

    private static final EmbeddedServers SERVERS = EmbeddedServers.startUntilExit(
            Path.of("target"), Queues.all(UpstreamName.SIGN, DELAYS, List.of(Duration.ofSeconds(5))));
    private static final AtomicInteger DATABASES = new AtomicInteger();

    private TestServers() {}

    static EmbeddedServers get() {
        return SERVERS;
    }

    /** An upstream that signs at once, within a budget that no test uses up. */
    static UpstreamSimulator quickUpstream(Path directory) {
        return UpstreamSimulator.start(SimulatorSettings.in(directory)
                .withFailingShare(0)
                .withCalls(100_000)
                .withLatency(Duration.ZERO));
    }

    /** The number of a database of Redis that no other test uses, and with it of a budget and a line of its own. */
    static int newDatabase() {
        return DATABASES.getAndIncrement();
    }
}
