package io.cryptowrapper.ending;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.cryptowrapper.broker.NotConfirmedException;
import io.cryptowrapper.callbacks.Callback;
import io.cryptowrapper.callbacks.CallbackPublisher;
import io.cryptowrapper.contract.SignResponse;
import io.cryptowrapper.results.CallbackLooks;
import io.cryptowrapper.results.CallbackLooks.Look;
import io.cryptowrapper.results.CallbackRegistry;
import io.cryptowrapper.results.CallbackRegistry.Due;
import io.cryptowrapper.results.CallbackRegistry.Taken;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.Sha256;
import io.cryptowrapper.signing.SigningStatus;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Hands the callbacks of a message that has ended over to the broker. Each is removed from Redis when the broker has
 * it: a crash in between hands it over twice, with the same id, and not never.
 */
public class CallbackRelease {

    /** So long nobody else hands them over; longer than it takes. */
    private static final Duration LEASE = Duration.ofSeconds(30);

    private static final Duration LONGEST = Duration.ofSeconds(20);

    private static final Duration BROKER_PATIENCE = Duration.ofSeconds(2);

    /** What could not be handed over is looked at again after this time. */
    private static final Duration SOON = Duration.ofSeconds(5);

    /** A message that waits is looked at again after a tenth of the time that it has waited, but not less or more. */
    private static final Duration SHORTEST_PAUSE = Duration.ofMinutes(1);

    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(10);

    private final CallbackRegistry registry;
    private final CallbackLooks looks;
    private final CallbackPublisher publisher;
    private final Clock clock;

    public CallbackRelease(CallbackRegistry registry, CallbackLooks looks, CallbackPublisher publisher, Clock clock) {
        this.registry = registry;
        this.looks = looks;
        this.publisher = publisher;
        this.clock = clock;
    }

    /**
     * Hands over what waits for the end of a message, if it has ended.
     *
     * @throws NotConfirmedException if the broker does not take them; then they stay, and are looked at again soon
     * @throws org.springframework.dao.DataAccessException if Redis does not answer; what stays is looked at again
     */
    public void release(MessageId id) {
        // Before the callbacks are looked at: what is noted from now on is not forgotten.
        release(id, looks.of(id));
    }

    /** Up to a hundred messages whose callbacks are to be looked at now. */
    public List<Look> due() {
        return looks.take(SOON);
    }

    /** The same as {@link #release(MessageId)} for a message whose look is due. */
    public void release(Look look) {
        release(look.id(), Optional.of(look));
    }

    private void release(MessageId id, Optional<Look> look) {
        switch (registry.take(id, LEASE)) {
            case Taken.Gone gone -> look.ifPresent(looks::forget);
            case Taken.Waits(Duration age) -> look.ifPresent(one -> looks.putOff(one, pauseAfter(age)));
            case Taken.Leased leased -> look.ifPresent(one -> looks.putOff(one, SOON));
            case Taken.Ended ended -> {
                if (handOver(id, ended)) {
                    look.ifPresent(looks::forget);
                }
            }
        }
    }

    /** Whether none is left. */
    private boolean handOver(MessageId id, Taken.Ended ended) {
        String body = body(ended.message(), ended.end());
        List<Due> left = new ArrayList<>(ended.due());
        List<Due> made = new ArrayList<>();
        long end = System.nanoTime() + LONGEST.toNanos();
        boolean none;
        try {
            while (!left.isEmpty() && System.nanoTime() < end) {
                Due due = left.getFirst();
                publisher.publish(
                        Callback.first(webhookId(id, due.client(), due.url(), body), due.url(), body, clock.instant()),
                        BROKER_PATIENCE);
                made.add(left.removeFirst());
            }
        } finally {
            if (!left.isEmpty()) {
                registry.giveBack(id, left);
                looks.lookAfter(id, SOON);
            }
            none = !made.isEmpty() && registry.remove(id, made);
        }
        return none;
    }

    private static Duration pauseAfter(Duration age) {
        Duration pause = age.dividedBy(10);
        return pause.compareTo(SHORTEST_PAUSE) < 0
                ? SHORTEST_PAUSE
                : pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
    }

    private static String body(Message message, SigningStatus end) {
        return switch (end) {
            case SigningStatus.Signed(var signature) ->
                SignResponse.signed(message, signature).toJson();
            case SigningStatus.Rejected(var last) ->
                SignResponse.rejected(message, last).toJson();
            case SigningStatus.Pending pending -> throw new IllegalStateException("a message that waits has no end");
        };
    }

    /** The same whenever the same is told to the same client at the same URL, so that it can be told apart. */
    static String webhookId(MessageId id, String client, URI url, String body) {
        String all = Stream.of(id.hex(), client, url.toString(), body)
                .map(part -> part.length() + " " + part)
                .collect(Collectors.joining());
        return "msg_" + HexFormat.of().formatHex(Sha256.of(all.getBytes(UTF_8)));
    }
}
