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
import java.util.function.Consumer;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/**
 * The messages that clients stay for.
 *
 * <p>They hold no thread and ask Redis nothing: news of a message is looked at once for all who stay for it, and when
 * news was missed, each message is looked at once.
 */
@Component
class Watches implements News.Reader, SmartLifecycle {

    /** Where Redis has not answered. */
    private static final Duration LOOK_AGAIN = Duration.ofMillis(500);

    private final ConcurrentHashMap<MessageId, Set<Watcher>> watched = new ConcurrentHashMap<>();
    private final SignatureStore store;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Executor later =
            CompletableFuture.delayedExecutor(LOOK_AGAIN.toMillis(), TimeUnit.MILLISECONDS, threads);

    /** So that a Redis that is away is asked once for each message, and not once for each client. */
    private final Set<MessageId> lookingAgain = ConcurrentHashMap.newKeySet();

    /** Clients may come before this has been started. */
    private volatile boolean stopped;

    Watches(SignatureStore store) {
        this.store = store;
    }

    /** Who stays for a message. */
    interface Watcher {

        /** How the message stands now; perhaps as before. */
        void sees(SigningStatus status);

        /** It cannot be seen how the message stands, at least not now. */
        default void seesNothing() {}

        /** This process stops. */
        void stops();
    }

    /** Lets a watcher see how the message stands, soon and whenever that changes, until it leaves. */
    void watch(MessageId id, Watcher watcher) {
        watched.compute(id, (key, watchers) -> {
            Set<Watcher> all = watchers == null ? ConcurrentHashMap.newKeySet() : watchers;
            all.add(watcher);
            return all;
        });
        if (!stopped) {
            // It may have changed since the client's request looked.
            changed(id);
        } else {
            watcher.stops();
        }
    }

    void leave(MessageId id, Watcher watcher) {
        watched.computeIfPresent(id, (key, watchers) -> {
            watchers.remove(watcher);
            return watchers.isEmpty() ? null : watchers;
        });
    }

    /** How many watch. */
    int count() {
        return watched.values().stream().mapToInt(Set::size).sum();
    }

    @Override
    public void changed(MessageId id) {
        if (watched.containsKey(id)) {
            threads.execute(() -> look(id));
        }
    }

    @Override
    public void listening() {
        threads.execute(() -> watched.keySet().forEach(this::look));
    }

    @Override
    public void start() {
        stopped = false;
    }

    /** Before the server waits for its requests: these would take too long. */
    @Override
    public void stop() {
        stopped = true;
        watched.keySet().forEach(id -> tell(id, Watcher::stops));
    }

    @Override
    public boolean isRunning() {
        return !stopped;
    }

    private void look(MessageId id) {
        try {
            Optional<SigningStatus> status = store.find(id);
            tell(id, watcher -> status.ifPresentOrElse(watcher::sees, watcher::seesNothing));
        } catch (DataAccessException redisIsAway) {
            tell(id, Watcher::seesNothing);
            if (lookingAgain.add(id)) {
                later.execute(() -> lookAgain(id));
            }
        }
    }

    private void lookAgain(MessageId id) {
        lookingAgain.remove(id);
        if (watched.containsKey(id)) {
            look(id);
        }
    }

    private void tell(MessageId id, Consumer<Watcher> news) {
        watched.getOrDefault(id, Set.of()).forEach(news);
    }
}
