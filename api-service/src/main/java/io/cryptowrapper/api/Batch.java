package io.cryptowrapper.api;

import io.cryptowrapper.signing.Message;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Messages that came together, and what their client is told of each.
 *
 * @param messages in the order in which they came; equal ones are taken once
 * @param outcomes of each of them
 */
record Batch(List<Message> messages, Map<Message, Outcome> outcomes) {

    /** What a client is told of one message. */
    sealed interface Outcome {

        record Told(Answer answer) implements Outcome {}

        record Refused(NotAcceptedException reason) implements Outcome {}
    }

    Outcome outcomeOf(Message message) {
        return Objects.requireNonNull(outcomes.get(message));
    }

    /** The messages that are not signed yet, and will be tried again. */
    Set<Message> waiting() {
        return outcomes.entrySet().stream()
                .filter(entry -> waits(entry.getValue()))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    boolean isWaiting() {
        return outcomes.values().stream().anyMatch(Batch::waits);
    }

    /** Why nothing was accepted; null if anything was. */
    @Nullable
    NotAcceptedException refusal() {
        NotAcceptedException reason = null;
        for (Outcome outcome : outcomes.values()) {
            if (!(outcome instanceof Outcome.Refused(NotAcceptedException why))) {
                return null;
            }
            reason = why;
        }
        return reason;
    }

    /** When it is worth to ask again: for the first of its messages. Nothing if it is not. */
    Optional<Duration> comeBackAfter() {
        return outcomes.values().stream()
                .flatMap(outcome -> comeBackAfter(outcome).stream())
                .min(Comparator.naturalOrder());
    }

    /** The same with other outcomes of some messages. */
    Batch with(Map<Message, Outcome> newer) {
        Map<Message, Outcome> all = new HashMap<>(outcomes);
        all.putAll(newer);
        return new Batch(messages, all);
    }

    private static Optional<Duration> comeBackAfter(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Told(Answer.Pending(var last, Duration nextTry)) -> Optional.of(nextTry);
            case Outcome.Told ended -> Optional.empty();
            case Outcome.Refused(NotAcceptedException reason) -> Optional.of(reason.comeBackAfter());
        };
    }

    private static boolean waits(Outcome outcome) {
        return outcome instanceof Outcome.Told(Answer.Pending pending);
    }
}
