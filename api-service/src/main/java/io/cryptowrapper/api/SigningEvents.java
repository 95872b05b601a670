package io.cryptowrapper.api;

import io.cryptowrapper.api.Turns.Turn;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.SigningStatus;
import java.time.Clock;
import java.time.Duration;
import org.springframework.stereotype.Component;

/** Makes events of what is known of a message. */
@Component
class SigningEvents {

    private final Answers answers;
    private final Turns turns;
    private final Clock clock;

    SigningEvents(Answers answers, Turns turns, Clock clock) {
        this.answers = answers;
        this.turns = turns;
        this.clock = clock;
    }

    /** The event for what Redis knows. */
    SigningEvent of(Message message, SigningStatus status) {
        return status instanceof SigningStatus.Pending pending
                ? SigningEvent.pending(
                        message, pending.last(), turns.turnOf(message.id()), pending.attempt() - 1, clock.instant())
                : of(message, answers.of(message.id(), status, Deadline.in(Duration.ZERO)));
    }

    /** The event that tells no more than an answer. */
    SigningEvent of(Message message, Answer answer) {
        return answer instanceof Answer.Pending(var last, var nextTry)
                ? SigningEvent.pending(message, last, new Turn(nextTry, null), null, clock.instant())
                : SigningEvent.ended(message, answer);
    }
}
