package io.cryptowrapper.api;

import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.SigningStatus;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/**
 * The clients that wait for the end of a message, for as long as a minute each.
 *
 * <p>They hold no thread and ask Redis nothing: news of a message is looked at once for all who wait for it, and when
 * news was missed, each message is looked at once.
 */
@Component
class Watches implements News.Reader, SmartLifecycle {

    /** Where Redis has not answered. */
    private static final Duration LOOK_AGAIN = Duration.ofMillis(500);

    private final ConcurrentHashMap<MessageId, Set<Watch>> watched = new ConcurrentHashMap<>();
    private final SignatureStore store;
    private final Executor later;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private volatile boolean running;

    Watches(SignatureStore store) {
        this.store = store;
        this.later = CompletableFuture.delayedExecutor(LOOK_AGAIN.toMillis(), TimeUnit.MILLISECONDS, threads);
    }

    /**
     * Waits for the end of a message.
     *
     * @return completes with the end, or with nothing when the time is over or this process stops
     */
    CompletableFuture<Optional<SigningStatus>> watch(MessageId id, Duration most) {
        Watch watch = new Watch();
        watched.compute(id, (key, watches) -> {
            Set<Watch> all = watches == null ? ConcurrentHashMap.newKeySet() : watches;
            all.add(watch);
            return all;
        });
        CompletableFuture<Optional<SigningStatus>> end = watch.end
                .completeOnTimeout(Optional.empty(), most.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((status, error) -> remove(id, watch));
        if (running) {
            // It may have ended since the client's request looked.
            changed(id);
        } else {
            watch.end(Optional.empty());
        }
        return end;
    }

    /** How many wait. */
    int count() {
        return watched.values().stream().mapToInt(Set::size).sum();
    }

    @Override
    public void changed(MessageId id) {
        lookOn(threads, id);
    }

    @Override
    public void listening() {
        threads.execute(() -> watched.keySet().forEach(this::look));
    }

    @Override
    public void start() {
        running = true;
    }

    /** Before the server waits for its requests: these would take too long. */
    @Override
    public void stop() {
        running = false;
        watched.keySet().forEach(id -> end(id, Optional.empty()));
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    private void lookOn(Executor executor, MessageId id) {
        if (watched.containsKey(id)) {
            executor.execute(() -> look(id));
        }
    }

    private void look(MessageId id) {
        try {
            store.find(id).filter(SigningStatus::isFinal).ifPresent(end -> end(id, Optional.of(end)));
        } catch (DataAccessException redisIsAway) {
            lookOn(later, id);
        }
    }

    private void end(MessageId id, Optional<SigningStatus> end) {
        var watches = watched.get(id);
        if (watches != null) {
            watches.forEach(watch -> watch.end(end));
        }
    }

    private void remove(MessageId id, Watch watch) {
        watched.computeIfPresent(id, (key, watches) -> {
            watches.remove(watch);
            return watches.isEmpty() ? null : watches;
        });
    }

    /** One client's. */
    private static final class Watch {

        private final CompletableFuture<Optional<SigningStatus>> end = new CompletableFuture<>();

        void end(Optional<SigningStatus> status) {
            end.complete(status);
        }
    }
}
