package io.cryptowrapper.api;

import io.cryptowrapper.broker.NotConfirmedException;
import io.cryptowrapper.results.Outbox;
import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.retryqueue.RetryMessage;
import io.cryptowrapper.retryqueue.RetryPublisher;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.SigningStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/**
 * The promise made for many messages together: by the outbox, which takes them at once. Then they are queued one after
 * the other, as soon as the broker confirms them; what is not, workers queue from there.
 */
@Component
class BatchAcceptance implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(BatchAcceptance.class);

    /** So many are asked for, or written, in one go. */
    private static final int TOGETHER = 100;

    private static final int QUEUED_AT_ONCE = 4;

    /** So many wait here to be queued at most; the others are left to the workers. */
    private static final int MOST_TO_BE_QUEUED = 4000;

    private static final Duration BROKER_PATIENCE = Duration.ofSeconds(2);

    private final Outbox outbox;
    private final SignatureStore store;
    private final RetryPublisher publisher;
    private final Turns turns;
    private final Room room;
    private final Answers answers;
    private final Semaphore toBeQueued = new Semaphore(MOST_TO_BE_QUEUED);
    private final ExecutorService queueing = Executors.newFixedThreadPool(
            QUEUED_AT_ONCE, Thread.ofVirtual().name("queueing").factory());

    BatchAcceptance(
            Outbox outbox, SignatureStore store, RetryPublisher publisher, Turns turns, Room room, Answers answers) {
        this.outbox = outbox;
        this.store = store;
        this.publisher = publisher;
        this.turns = turns;
        this.room = room;
        this.answers = answers;
    }

    /**
     * Answers for those messages that are known, of a portion.
     *
     * @param outcomes gets what is true as soon as it is known, and what is better then
     * @throws DataAccessException if Redis does not answer
     */
    void known(List<Message> messages, Map<Message, Batch.Outcome> outcomes) {
        List<Optional<SigningStatus>> found =
                store.find(messages.stream().map(Message::id).toList());
        List<SigningStatus.Pending> waiting = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            Message message = messages.get(i);
            found.get(i).ifPresent(status -> {
                if (status instanceof SigningStatus.Pending pending) {
                    answers.seen(message.id());
                    waiting.add(pending);
                } else {
                    outcomes.put(
                            message,
                            new Batch.Outcome.Told(answers.of(message.id(), status, Deadline.in(Duration.ZERO))));
                }
            });
        }
        tellRoughly(waiting, outcomes);
        tell(waiting, outcomes);
    }

    /**
     * Accepts new messages that the upstream is not called for now.
     *
     * @param outcomes the same; gets nothing of those that somebody else has just sent
     * @throws DataAccessException if Redis does not answer
     * @throws NotAcceptedException if as many wait as may
     */
    void accept(List<Message> messages, Failure why, Map<Message, Batch.Outcome> outcomes) {
        room.require();
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        List<SigningStatus.Pending> waiting = messages.stream()
                .map(message -> new SigningStatus.Pending(message, why, 1, now))
                .toList();
        List<Outbox.Entry> entries =
                outbox.add(messages.stream().map(Message::id).toList());
        List<Boolean> isNew = store.recordNew(waiting);
        List<SigningStatus.Pending> accepted = new ArrayList<>();
        List<Outbox.Entry> theirs = new ArrayList<>();
        for (int i = 0; i < waiting.size(); i++) {
            if (isNew.get(i)) {
                accepted.add(waiting.get(i));
                theirs.add(entries.get(i));
                room.take();
            }
        }
        if (accepted.isEmpty()) {
            return;
        }
        tellRoughly(accepted, outcomes);
        turns.join(accepted.stream().map(status -> status.message().id()).toList());
        for (int i = 0; i < accepted.size(); i++) {
            queueLater(accepted.get(i), theirs.get(i));
        }
        tell(accepted, outcomes);
    }

    static List<List<Message>> portions(List<Message> messages) {
        List<List<Message>> portions = new ArrayList<>();
        for (int from = 0; from < messages.size(); from += TOGETHER) {
            portions.add(messages.subList(from, Math.min(messages.size(), from + TOGETHER)));
        }
        return portions;
    }

    @Override
    public void close() {
        queueing.shutdownNow();
    }

    /** For those who can be told no more before their time is over. */
    private void tellRoughly(List<SigningStatus.Pending> waiting, Map<Message, Batch.Outcome> outcomes) {
        for (SigningStatus.Pending status : waiting) {
            tell(status, turns.whenUnknown(), outcomes);
        }
    }

    private void tell(List<SigningStatus.Pending> waiting, Map<Message, Batch.Outcome> outcomes) {
        if (waiting.isEmpty()) {
            return;
        }
        List<MessageId> ids =
                waiting.stream().map(status -> status.message().id()).toList();
        List<Duration> until = turns.untilTurnsOf(ids);
        for (int i = 0; i < waiting.size(); i++) {
            tell(waiting.get(i), until.get(i), outcomes);
        }
    }

    private static void tell(SigningStatus.Pending status, Duration until, Map<Message, Batch.Outcome> outcomes) {
        outcomes.put(status.message(), new Batch.Outcome.Told(new Answer.Pending(status.last(), until)));
    }

    private void queueLater(SigningStatus.Pending status, Outbox.Entry entry) {
        if (toBeQueued.tryAcquire()) {
            queueing.execute(() -> {
                try {
                    queue(status, entry);
                } finally {
                    toBeQueued.release();
                }
            });
        }
    }

    private void queue(SigningStatus.Pending status, Outbox.Entry entry) {
        try {
            publisher.publish(RetryMessage.of(status), BROKER_PATIENCE);
            // Removed after it is queued: a crash in between queues it twice, not never.
            outbox.remove(entry);
        } catch (NotConfirmedException | DataAccessException | IllegalStateException e) {
            // The last one where this process is about to end.
            log.debug("{}: stays in the outbox", status.message(), e);
        }
    }
}
