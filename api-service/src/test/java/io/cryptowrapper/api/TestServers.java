package io.cryptowrapper.api;

import io.cryptowrapper.signing.UpstreamName;
import io.cryptowrapper.simulator.SimulatorSettings;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.testing.Servers;
import io.cryptowrapper.testing.TestSession;
import io.cryptowrapper.wiring.Queues;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A broker, a Redis and an upstream for all tests of this module. No worker takes from the queue. */
final class TestServers {

    /** Long, so that no message moves from one queue to the next while a test looks for it; and the usual one. */
    private static final List<Duration> DELAYS = List.of(Duration.ofMinutes(10), Duration.ofSeconds(6));

    private static final Servers SERVERS =
            Servers.shared(Queues.all(UpstreamName.SIGN, DELAYS, List.of(Duration.ofSeconds(5))));

    /** Signs after a moment, so that requests can meet a call under way, and has a quota that no test uses up. */
    private static final UpstreamSimulator UPSTREAM =
            TestSession.share(UpstreamSimulator.start(SimulatorSettings.in(Path.of("target", "upstream"))
                    .withFailingShare(0)
                    .withCalls(1_000_000)
                    .withLatency(Duration.ofMillis(10))));

    private static final AtomicInteger DATABASES = new AtomicInteger();

    private TestServers() {}

    static Servers get() {
        return SERVERS;
    }

    static UpstreamSimulator upstream() {
        return UPSTREAM;
    }

    /** The number of a database of Redis that no other test uses, and with it of a quota and a line of its own. */
    static int newDatabase() {
        return DATABASES.getAndIncrement();
    }
}
