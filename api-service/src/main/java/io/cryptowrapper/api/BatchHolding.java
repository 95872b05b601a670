package io.cryptowrapper.api;

import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.SigningStatus;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.stereotype.Component;

/** Batches that are held until all of their messages have ended, or their time is over. */
@Component
class BatchHolding {

    /** When the time of many is over at once, so many are looked at anew at a time; the others are told what was. */
    private static final int LOOKED_AT_ONCE = 4;

    private final Watches watches;
    private final BatchSigner signer;
    private final Answers answers;
    private final Semaphore looking = new Semaphore(LOOKED_AT_ONCE);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    BatchHolding(Watches watches, BatchSigner signer, Answers answers) {
        this.watches = watches;
        this.signer = signer;
        this.answers = answers;
    }

    /**
     * Holds the answer for a batch.
     *
     * @param now what would be told at once
     * @param most for how long
     * @return completes with what is to be told
     */
    CompletableFuture<Batch> hold(Batch now, Duration most) {
        Set<Message> waiting = now.waiting();
        var held = new Held(waiting.size());
        var ends = new Ends(watches, waiting, held);
        ends.watch();
        return held.over
                .completeOnTimeout(null, most.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((over, error) -> ends.leave())
                .thenApplyAsync(over -> told(now, waiting, held.ended), threads);
    }

    private Batch told(Batch now, Set<Message> waiting, Map<Message, SigningStatus> ended) {
        Map<Message, Batch.Outcome> newer = new ConcurrentHashMap<>();
        Map<Message, SigningStatus> known = Map.copyOf(ended);
        known.forEach((message, status) -> newer.put(
                message, new Batch.Outcome.Told(answers.of(message.id(), status, Deadline.in(Duration.ZERO)))));
        newer.putAll(anew(
                waiting.stream().filter(message -> !known.containsKey(message)).toList()));
        return now.with(newer);
    }

    /** Of what cannot be found out now, the client is told what was true before. */
    private Map<Message, Batch.Outcome> anew(Collection<Message> messages) {
        if (messages.isEmpty() || !looking.tryAcquire()) {
            return Map.of();
        }
        try {
            Map<Message, Batch.Outcome> outcomes = signer.outcomes(messages);
            outcomes.values().removeIf(Batch.Outcome.Refused.class::isInstance);
            return outcomes;
        } finally {
            looking.release();
        }
    }

    private static final class Held implements Ends.Listener {

        private final CompletableFuture<Void> over = new CompletableFuture<>();
        private final Map<Message, SigningStatus> ended = new ConcurrentHashMap<>();
        private final AtomicInteger left;

        private Held(int waiting) {
            left = new AtomicInteger(waiting);
        }

        @Override
        public void ended(Message message, SigningStatus status) {
            ended.put(message, status);
            if (left.decrementAndGet() == 0) {
                over.complete(null);
            }
        }

        @Override
        public void stops() {
            over.complete(null);
        }
    }
}
