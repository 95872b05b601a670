package io.cryptowrapper.api;

import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.SigningStatus;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** Makes answers of what is known of a message, and remembers what may be needed while Redis is away. */
@Component
class Answers {

    private final Turns turns;
    private final Memory memory;

    Answers(Turns turns, Memory memory) {
        this.turns = turns;
        this.memory = memory;
    }

    /** The answer for what Redis knows. Of an estimate that takes too long, the deadline keeps a rougher one. */
    Answer of(MessageId id, SigningStatus status, Deadline deadline) {
        seen(id);
        return switch (status) {
            case SigningStatus.Signed(var signature) -> {
                memory.remember(id, signature);
                yield new Answer.Signed(signature);
            }
            case SigningStatus.Pending pending -> {
                deadline.otherwise(new Answer.Pending(pending.last(), turns.whenUnknown()));
                yield new Answer.Pending(pending.last(), turns.untilTurnOf(id));
            }
            case SigningStatus.Rejected(var last) -> new Answer.Rejected(last);
        };
    }

    /** Redis knows of the message. */
    void seen(MessageId id) {
        memory.forgetQueuedUnseen(id);
    }

    /** The answer that this process gave before, if it was a signature. */
    Optional<Answer> fromMemory(MessageId id) {
        return memory.recall(id).map(Answer.Signed::new);
    }

    /** For a message that is in the queue while Redis knows nothing of it. */
    Answer queuedUnseen(MessageId id, Failure failure) {
        memory.rememberQueuedUnseen(id);
        return new Answer.Pending(failure, turns.whenUnknown());
    }

    /** Whether {@link #queuedUnseen} was answered not long ago. */
    boolean isQueuedUnseen(MessageId id) {
        return memory.isQueuedUnseen(id);
    }
}
