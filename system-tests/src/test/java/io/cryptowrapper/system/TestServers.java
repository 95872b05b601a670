package io.cryptowrapper.system;

import io.cryptowrapper.signing.UpstreamName;
import io.cryptowrapper.testing.Servers;
import io.cryptowrapper.wiring.Queues;
import java.time.Duration;
import java.util.List;

/** Brokers and Redis servers that the packaged programs run on. */
public final class TestServers {

    /** What these tests choose from. */
    private static final List<Duration> CALLBACK_DELAYS =
            List.of(Duration.ofMillis(200), Duration.ofMillis(500), Duration.ofSeconds(1), Duration.ofSeconds(5));

    private TestServers() {}

    /**
     * Starts those that this run of tests is for.
     *
     * @param retryDelay as in {@code CRYPTO_RETRY_DELAYS}
     */
    public static Servers start(Duration retryDelay) {
        return Servers.start(
                Project.newDirectory("servers"), Queues.all(UpstreamName.SIGN, List.of(retryDelay), CALLBACK_DELAYS));
    }
}
