package io.cryptowrapper.api;

import io.cryptowrapper.embedded.EmbeddedServers;
import io.cryptowrapper.retryqueue.RetryTopology;
import io.cryptowrapper.signing.UpstreamName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A real broker and a real Redis for all tests of this module. No worker takes from the queue. */
final class TestServers {

    private static final EmbeddedServers SERVERS = start();
    private static final AtomicInteger DATABASES = new AtomicInteger();

    private TestServers() {}

    static EmbeddedServers get() {
        return SERVERS;
    }

    /** The number of a database of Redis that no other test uses, and with it of a budget and a line of its own. */
    static int newDatabase() {
        return DATABASES.getAndIncrement();
    }

    private static EmbeddedServers start() {
        SequencedMap<String, Map<String, Object>> queues = new LinkedHashMap<>();
        new RetryTopology(UpstreamName.SIGN, List.of(Duration.ofSeconds(6)))
                .queues()
                .forEach(queue -> queues.put(queue.name(), queue.arguments()));
        try {
            EmbeddedServers servers =
                    EmbeddedServers.start(Files.createTempDirectory(Path.of("target"), "test-servers"), queues);
            Runtime.getRuntime().addShutdownHook(new Thread(servers::close));
            return servers;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
