package io.cryptowrapper.api;

import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.SigningStatus;
import java.time.Duration;
import java.util.Optional;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/**
 * Answers for one message, within two seconds: from what is known of it, or by one call of the upstream.
 *
 * <p>Of all callers who ask for a new message, in whichever process, one claims it and goes on with the
 * {@link FirstCall}; the others wait for what comes of it.
 */
@Component
class Signer {

    /** The two seconds, less what the way to the client takes. */
    private static final Duration TIME_TO_ANSWER = Duration.ofMillis(1850);

    /** What the last steps, queueing and storing, may need when both are slow. */
    private static final Duration TIME_TO_ACCEPT = Duration.ofMillis(400);

    private final SignatureStore store;
    private final Waiters waiters;
    private final FirstCall firstCall;
    private final Acceptance acceptance;
    private final Memory memory;

    Signer(SignatureStore store, Waiters waiters, FirstCall firstCall, Acceptance acceptance, Memory memory) {
        this.store = store;
        this.waiters = waiters;
        this.firstCall = firstCall;
        this.acceptance = acceptance;
        this.memory = memory;
    }

    /** @throws NotAcceptedException if the message is unknown and can be neither stored nor queued */
    Answer sign(Message message) {
        Deadline deadline = Deadline.in(TIME_TO_ANSWER);
        try {
            return answerFromStore(message, deadline);
        } catch (DataAccessException redisIsDown) {
            return memory.recall(message.id()).orElseGet(() -> acceptance.acceptUnseen(message, deadline));
        }
    }

    private Answer answerFromStore(Message message, Deadline deadline) {
        MessageId id = message.id();
        try (Waiters.Ticket ticket = waiters.register(id)) {
            while (true) {
                Optional<SigningStatus> known = store.find(id);
                if (known.isPresent()) {
                    return acceptance.answer(id, known.get());
                }
                if (store.claim(id)) {
                    return firstCall.make(message, deadline, TIME_TO_ACCEPT);
                }
                Duration left = deadline.leaving(TIME_TO_ACCEPT);
                if (left.isZero()) {
                    // Whoever claimed it is gone; what he may have queued is the same attempt, and counts once.
                    return acceptance.accept(message, FirstCall.OVERTAKEN, deadline);
                }
                ticket.await(left);
            }
        }
    }
}
