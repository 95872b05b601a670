package io.cryptowrapper.api;

import io.cryptowrapper.api.Answered.Source;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.SigningStatus;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.springframework.stereotype.Component;

/** Answers that are held until the message has ended, or their time is over. */
@Component
class Holding {

    /** When the time of many is over at once, so many are answered at a time: each asks Redis anew. */
    private static final int ANSWERED_AT_ONCE = 64;

    /** How long one of the others waits for its turn: more than all need while Redis answers. */
    private static final Duration PATIENCE = Duration.ofMillis(500);

    private final Watches watches;
    private final Places places;
    private final Signer signer;
    private final Answers answers;
    private final Semaphore answering = new Semaphore(ANSWERED_AT_ONCE);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    Holding(Watches watches, Places places, Signer signer, Answers answers) {
        this.watches = watches;
        this.places = places;
        this.signer = signer;
        this.answers = answers;
    }

    /**
     * Holds the answer for a message that waits.
     *
     * @param now what it would be answered at once: that is told in the end if nothing better can be found out in time
     * @param most for how long
     * @return completes with the answer; nothing if as many are held as may be
     */
    Optional<CompletableFuture<Answered>> hold(Message message, Answer now, Duration most) {
        if (!places.take()) {
            return Optional.empty();
        }
        MessageId id = message.id();
        Held held = new Held();
        watches.watch(id, held);
        return Optional.of(held.end
                .completeOnTimeout(Optional.empty(), most.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((end, error) -> watches.leave(id, held))
                .thenApplyAsync(
                        end -> end.map(status -> ended(id, status)).orElseGet(() -> anew(message, now)), threads)
                .whenComplete((answer, error) -> places.giveBack()));
    }

    private Answered ended(MessageId id, SigningStatus status) {
        return Answered.from(Source.SHARED, answers.of(id, status, Deadline.in(Duration.ZERO)));
    }

    private Answered anew(Message message, Answer before) {
        boolean free = false;
        try {
            free = answering.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            return free ? signer.sign(message) : Answered.from(Source.UNFINISHED, before);
        } catch (NotAcceptedException unknownNow) {
            // It has been accepted before.
            return Answered.from(Source.UNFINISHED, before);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Answered.from(Source.UNFINISHED, before);
        } finally {
            if (free) {
                answering.release();
            }
        }
    }

    private static final class Held implements Watches.Watcher {

        /** Of the message; nothing when the time is over or this process stops. */
        private final CompletableFuture<Optional<SigningStatus>> end = new CompletableFuture<>();

        @Override
        public void sees(SigningStatus status) {
            if (status.isFinal()) {
                end.complete(Optional.of(status));
            }
        }

        @Override
        public void stops() {
            end.complete(Optional.empty());
        }
    }
}
