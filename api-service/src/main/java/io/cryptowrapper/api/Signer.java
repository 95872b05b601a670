package io.cryptowrapper.api;

import io.cryptowrapper.api.Answered.Source;
import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.results.SignatureStore.Kept;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/**
 * Answers for one message, within two seconds: from what is known of it, or by one call of the upstream.
 *
 * <p>Of all callers who ask for a new message, in whichever process, one claims it and goes on with the
 * {@link FirstCall}; the others wait for what comes of it.
 */
@Component
class Signer implements AutoCloseable {

    /** What queueing and storing may need when both are slow. */
    private static final Duration TIME_TO_ACCEPT = Duration.ofMillis(450);

    /** Less, so that who waits for another caller's first call hears of its end before he gives up. */
    private static final Duration TIME_TO_TAKE_OVER = Duration.ofMillis(200);

    private final SignatureStore store;
    private final Waiters waiters;
    private final FirstCall firstCall;
    private final Acceptance acceptance;
    private final Answers answers;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    Signer(SignatureStore store, Waiters waiters, FirstCall firstCall, Acceptance acceptance, Answers answers) {
        this.store = store;
        this.waiters = waiters;
        this.firstCall = firstCall;
        this.acceptance = acceptance;
        this.answers = answers;
    }

    /**
     * Answers within the two seconds.
     *
     * @throws NotAcceptedException if the message is unknown and can be neither stored nor queued in time, or too many
     *     wait
     */
    Answered sign(Message message) {
        return sign(message, Deadline.ofAnswer());
    }

    /**
     * Answers by a moment.
     *
     * @throws NotAcceptedException if the message is unknown and can be neither stored nor queued in time, or too many
     *     wait
     */
    Answered sign(Message message, Deadline deadline) {
        CompletableFuture<Answered> answer = CompletableFuture.supplyAsync(() -> answer(message, deadline), threads);
        try {
            return answer.get(deadline.untilMissed().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException everyStepWasSlow) {
            Answer sofar = deadline.otherwise();
            // Should the message be accepted after all, then only nobody was told.
            return sofar != null
                    ? Answered.from(Source.UNFINISHED, sofar)
                    : remembered(message.id()).orElseThrow(NotAcceptedException::unkept);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw NotAcceptedException.unkept();
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }

    private Answered answer(Message message, Deadline deadline) {
        try {
            return answerFromStore(message, deadline);
        } catch (DataAccessException redisIsDown) {
            return remembered(message.id())
                    .orElseGet(() -> Answered.from(Source.NOT_CALLED, acceptance.acceptUnseen(message, deadline)));
        }
    }

    private Optional<Answered> remembered(MessageId id) {
        return answers.fromMemory(id).map(answer -> Answered.from(Source.REMEMBERED, answer));
    }

    private Answered answerFromStore(Message message, Deadline deadline) {
        MessageId id = message.id();
        try (Waiters.Ticket ticket = waiters.register(id)) {
            Source source = Source.STORED;
            while (true) {
                Optional<Kept> known = store.findKept(id);
                if (known.isPresent()) {
                    Answer answer = answers.of(id, known.get().status(), deadline);
                    return new Answered(answer, source, known.get().left());
                }
                source = Source.SHARED;
                acceptance.requireRoom(id);
                if (store.claim(id)) {
                    return firstCall.make(message, deadline, TIME_TO_ACCEPT);
                }
                Duration left = deadline.leaving(TIME_TO_TAKE_OVER);
                if (left.isZero()) {
                    // Whoever claimed it is gone; what he may have queued is the same attempt, and counts once.
                    return Answered.from(source, acceptance.takeOver(message, FirstCall.OVERTAKEN, deadline));
                }
                ticket.await(left);
            }
        }
    }
}
