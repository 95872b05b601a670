package io.cryptowrapper.api;

import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.springframework.stereotype.Component;

/** Answers that are held until the message has ended, or their time is over. */
@Component
class Holding {

    /** When the time of many is over at once, so many are answered at a time: each asks Redis anew. */
    private static final int ANSWERED_AT_ONCE = 64;

    private final Watches watches;
    private final Signer signer;
    private final Answers answers;
    private final Semaphore places;
    private final Semaphore answering = new Semaphore(ANSWERED_AT_ONCE);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    Holding(Watches watches, Signer signer, Answers answers, CryptoSettings settings) {
        this.watches = watches;
        this.signer = signer;
        this.answers = answers;
        this.places = new Semaphore(settings.waiting().maxAtOnce());
    }

    /**
     * Holds the answer for a message that waits.
     *
     * @param most for how long
     * @return completes with the answer, or with what {@link Signer#sign} throws; nothing if as many are held as may be
     */
    Optional<CompletableFuture<Answer>> hold(Message message, Duration most) {
        if (!places.tryAcquire()) {
            return Optional.empty();
        }
        MessageId id = message.id();
        return Optional.of(watches.watch(id, most)
                .thenApplyAsync(
                        end -> end.map(status -> answers.of(id, status, Deadline.in(Duration.ZERO)))
                                .orElseGet(() -> anew(message)),
                        threads)
                .whenComplete((answer, error) -> places.release()));
    }

    private Answer anew(Message message) {
        answering.acquireUninterruptibly();
        try {
            return signer.sign(message);
        } finally {
            answering.release();
        }
    }
}
