package io.cryptowrapper;

import static java.time.Duration.ZERO;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;

import io.cryptowrapper.callbacks.CallbackTopology;
import io.cryptowrapper.retryqueue.RetryTopology;
import io.cryptowrapper.signing.UpstreamName;
import io.cryptowrapper.testing.Servers;
import io.cryptowrapper.wiring.Queues;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.NullMarked;

/**
 * The broker and the Redis of all tests of this module: the embedded ones, or with {@code -Pcontainers} RabbitMQ and
 * Redis. They start when the first test needs one of them.
 */
@NullMarked
final class TestServers {

    private static final List<Duration> RETRY_DELAYS = List.of(ofMillis(100), ofMillis(400), ofMinutes(10));
    private static final List<Duration> CALLBACK_DELAYS = List.of(ZERO, ofMillis(200));
    private static final UpstreamName DAMAGED = new UpstreamName("damaged");

    static final RetryTopology RETRIES = new RetryTopology(UpstreamName.SIGN, RETRY_DELAYS);
    static final RetryTopology DAMAGED_RETRIES = new RetryTopology(DAMAGED, RETRY_DELAYS);
    static final CallbackTopology CALLBACKS = new CallbackTopology(UpstreamName.SIGN, CALLBACK_DELAYS);

    static final Servers SERVERS = Servers.shared(queues());

    private TestServers() {}

    /** The embedded broker needs all queues when it starts. */
    private static SequencedMap<String, Map<String, Object>> queues() {
        SequencedMap<String, Map<String, Object>> queues = Queues.all(UpstreamName.SIGN, RETRY_DELAYS, CALLBACK_DELAYS);
        queues.putAll(DAMAGED_RETRIES.queues());
        return queues;
    }
}
