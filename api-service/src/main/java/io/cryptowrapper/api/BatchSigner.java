package io.cryptowrapper.api;

import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.Obstacle;
import io.cryptowrapper.upstream.UpstreamClient;
import io.cryptowrapper.upstream.UpstreamQuota;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/** Answers for many messages, within the same two seconds as for one. */
@Component
class BatchSigner implements AutoCloseable {

    /** So many messages of a batch are worked on at the same time: more would wait for Redis and the broker anyway. */
    private static final int AT_ONCE = 16;

    /** The upstream is called for so many at most, before anybody is answered; the others it gets from the queue. */
    private static final int MOST_CALLS = 64;

    /** A process does everything slower the first time, and then takes Redis to be away. */
    private static final int TRIES_TOGETHER = 2;

    /** What the last message needs to be accepted. */
    private static final Duration TIME_FOR_THE_LAST = Duration.ofMillis(600);

    private final Signer signer;
    private final BatchAcceptance acceptance;
    private final UpstreamQuota quota;
    private final UpstreamClient upstream;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    BatchSigner(Signer signer, BatchAcceptance acceptance, UpstreamQuota quota, UpstreamClient upstream) {
        this.signer = signer;
        this.acceptance = acceptance;
        this.quota = quota;
        this.upstream = upstream;
    }

    /** Answers for all of them, each as if it had come alone. */
    Batch sign(List<Message> messages) {
        return new Batch(messages, outcomes(messages));
    }

    /**
     * The same, of those only that something can be done for before.
     *
     * @param before throws a {@link NotAcceptedException} where it cannot be done
     */
    Batch sign(List<Message> messages, Consumer<Message> before) {
        return new Batch(messages, inTime(messages, (distinct, deadline, outcomes) -> {
            begin(distinct, deadline, message -> {
                        try {
                            before.accept(message);
                        } catch (NotAcceptedException e) {
                            outcomes.put(message, new Batch.Outcome.Refused(e));
                        }
                    })
                    .forEach(BatchSigner::await);
            answer(unansweredOf(distinct, outcomes), deadline, outcomes);
        }));
    }

    /** What is to be told of each now. */
    Map<Message, Batch.Outcome> outcomes(Collection<Message> messages) {
        return inTime(messages, this::answer);
    }

    private interface Answering {
        void answer(Collection<Message> distinct, Deadline deadline, Map<Message, Batch.Outcome> outcomes);
    }

    /** Nothing is promised of those that were not got through with in time: all of it took longer than it may. */
    private Map<Message, Batch.Outcome> inTime(Collection<Message> messages, Answering answering) {
        Deadline deadline = Deadline.ofBatch();
        Collection<Message> distinct = new LinkedHashSet<>(messages);
        Map<Message, Batch.Outcome> outcomes = new ConcurrentHashMap<>();
        var answered = CompletableFuture.runAsync(() -> answering.answer(distinct, deadline, outcomes), threads)
                .completeOnTimeout(null, deadline.leaving(Duration.ZERO).toNanos(), TimeUnit.NANOSECONDS);
        await(answered);
        Map<Message, Batch.Outcome> told = new HashMap<>(outcomes);
        distinct.forEach(
                message -> told.putIfAbsent(message, new Batch.Outcome.Refused(NotAcceptedException.unkept())));
        return told;
    }

    /**
     * What is to be told of each: together of those that are known, one by one of those that the upstream is called
     * for, as far as the budget goes, and together of all others.
     */
    private void answer(Collection<Message> distinct, Deadline deadline, Map<Message, Batch.Outcome> outcomes) {
        boolean done = false;
        for (int i = 0; i < TRIES_TOGETHER && !done; i++) {
            try {
                answerTogether(unansweredOf(distinct, outcomes), deadline, outcomes);
                done = true;
            } catch (DataAccessException redisIsDown) {
                // One by one, they are queued without it.
                done = deadline.leaving(TIME_FOR_THE_LAST).isZero();
            }
        }
        begin(unansweredOf(distinct, outcomes), deadline, message -> answer(message, deadline, outcomes))
                .forEach(BatchSigner::await);
    }

    private void answerTogether(List<Message> messages, Deadline deadline, Map<Message, Batch.Outcome> outcomes) {
        await(inPortions(messages, some -> acceptance.known(some, outcomes)));
        List<Message> unknown = unansweredOf(messages, outcomes);
        int calls = unknown.isEmpty() ? 0 : Math.min(unknown.size(), possibleCalls());
        Failure why = Failure.notCalled(calls < MOST_CALLS ? Obstacle.QUOTA_USED_UP : Obstacle.TOO_MANY_CALLS);
        // On a thread of its own: to begin them takes long where the upstream is slow, and the others need not wait.
        var called = CompletableFuture.supplyAsync(
                () -> begin(unknown.subList(0, calls), deadline, message -> answer(message, deadline, outcomes)),
                threads);
        try {
            await(inPortions(unknown.subList(calls, unknown.size()), some -> acceptTogether(some, why, outcomes)));
        } finally {
            called.join().forEach(BatchSigner::await);
        }
    }

    /** All at the same time: one after the other, they would take a slow Redis ten times as long. */
    private CompletableFuture<Void> inPortions(List<Message> messages, Consumer<List<Message>> step) {
        return CompletableFuture.allOf(BatchAcceptance.portions(messages).stream()
                .map(some -> CompletableFuture.runAsync(() -> step.accept(some), threads))
                .toArray(CompletableFuture<?>[]::new));
    }

    private void acceptTogether(List<Message> messages, Failure why, Map<Message, Batch.Outcome> outcomes) {
        try {
            acceptance.accept(messages, why, outcomes);
        } catch (NotAcceptedException full) {
            messages.forEach(message -> outcomes.put(message, new Batch.Outcome.Refused(full)));
        }
    }

    private int possibleCalls() {
        return upstream.hasRoom() ? Math.min(MOST_CALLS, quota.look().left()) : 0;
    }

    private static List<Message> unansweredOf(Collection<Message> all, Map<Message, Batch.Outcome> outcomes) {
        return all.stream().filter(message -> !outcomes.containsKey(message)).toList();
    }

    /**
     * Begins something for each of some.
     *
     * <p>A message whose first call hangs would keep the others waiting. So each waits for those before it no longer
     * than its share of the time, and is begun then in any case.
     */
    private List<CompletableFuture<Void>> begin(
            Collection<Message> messages, Deadline deadline, Consumer<Message> step) {
        Semaphore lanes = new Semaphore(AT_ONCE);
        List<CompletableFuture<Void>> begun = new ArrayList<>();
        for (Message message : messages) {
            Duration share = deadline.leaving(TIME_FOR_THE_LAST).dividedBy(messages.size() - begun.size());
            boolean lane = isFreeWithin(share, lanes);
            begun.add(CompletableFuture.runAsync(() -> step.accept(message), threads)
                    .whenComplete((done, error) -> lanes.release(lane ? 1 : 0)));
        }
        return begun;
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }

    private void answer(Message message, Deadline deadline, Map<Message, Batch.Outcome> outcomes) {
        outcomes.put(message, outcome(message, deadline.ofOne()));
    }

    private Batch.Outcome outcome(Message message, Deadline deadline) {
        try {
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

    private static void await(CompletableFuture<Void> answered) {
        try {
            answered.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : e;
        }
    }
}
