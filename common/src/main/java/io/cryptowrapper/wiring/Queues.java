package io.cryptowrapper.wiring;

import io.cryptowrapper.callbacks.CallbackTopology;
import io.cryptowrapper.retryqueue.RetryTopology;
import io.cryptowrapper.signing.UpstreamName;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** All queues of the wrapper, with the arguments that RabbitMQ is to declare them with. */
public final class Queues {

    private Queues() {}

    /**
     * The queues by their names, each after the one it dead-letters to.
     *
     * @param retryDelays as in {@code CRYPTO_RETRY_DELAYS}
     * @param callbackDelays as in {@code CRYPTO_CALLBACK_DELAYS}
     */
    public static SequencedMap<String, Map<String, Object>> all(
            UpstreamName upstream, List<Duration> retryDelays, List<Duration> callbackDelays) {
        return all(new RetryTopology(upstream, retryDelays), new CallbackTopology(upstream, callbackDelays));
    }

    static SequencedMap<String, Map<String, Object>> all(RetryTopology retries, CallbackTopology callbacks) {
        SequencedMap<String, Map<String, Object>> queues = new LinkedHashMap<>(retries.queues());
        queues.putAll(callbacks.queues());
        return queues;
    }
}
