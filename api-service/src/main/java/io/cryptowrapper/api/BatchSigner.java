package io.cryptowrapper.api;

import io.cryptowrapper.signing.Message;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.springframework.stereotype.Component;

/** Answers for many messages, within the same two seconds as for one. */
@Component
class BatchSigner implements AutoCloseable {

    /** So many messages of a batch are worked on at the same time: more would wait for Redis and the broker anyway. */
    private static final int AT_ONCE = 32;

    /** What the last message needs to be accepted. */
    private static final Duration TIME_FOR_THE_LAST = Duration.ofMillis(600);

    private final Signer signer;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    BatchSigner(Signer signer) {
        this.signer = signer;
    }

    /**
     * Answers for all of them, each as if it had come alone.
     *
     * @param before what is done for each before it is signed
     */
    Batch sign(List<Message> messages, Consumer<Message> before) {
        return new Batch(messages, outcomes(new LinkedHashSet<>(messages), before));
    }

    /** What is to be told of each now. */
    Map<Message, Batch.Outcome> outcomes(Collection<Message> distinct) {
        return outcomes(distinct, message -> {});
    }

    /**
     * A message whose first call hangs would keep the others waiting. So each waits for those before it no longer
     * than its share of the time, and is begun then in any case.
     */
    private Map<Message, Batch.Outcome> outcomes(Collection<Message> distinct, Consumer<Message> before) {
        Deadline deadline = Deadline.ofBatch();
        Semaphore lanes = new Semaphore(AT_ONCE);
        Map<Message, CompletableFuture<Batch.Outcome>> begun = new LinkedHashMap<>();
        int left = distinct.size();
        for (Message message : distinct) {
            Duration share = deadline.leaving(TIME_FOR_THE_LAST).dividedBy(left);
            boolean lane = isFreeWithin(share, lanes);
            begun.put(
                    message,
                    CompletableFuture.supplyAsync(() -> outcome(message, before, deadline.forAnother()), threads)
                            .whenComplete((outcome, error) -> lanes.release(lane ? 1 : 0)));
            left--;
        }
        Map<Message, Batch.Outcome> outcomes = new HashMap<>();
        begun.forEach((message, outcome) -> outcomes.put(message, join(outcome)));
        return outcomes;
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }

    private Batch.Outcome outcome(Message message, Consumer<Message> before, Deadline deadline) {
        try {
            before.accept(message);
            return new Batch.Outcome.Told(signer.sign(message, deadline).answer());
        } catch (NotAcceptedException e) {
            return new Batch.Outcome.Refused(e);
        }
    }

    private static boolean isFreeWithin(Duration time, Semaphore lanes) {
        try {
            return lanes.tryAcquire(time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static Batch.Outcome join(CompletableFuture<Batch.Outcome> outcome) {
        try {
            return outcome.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : e;
        }
    }
}
