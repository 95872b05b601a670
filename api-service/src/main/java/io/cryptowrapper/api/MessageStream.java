package io.cryptowrapper.api;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One client that follows a message. It is sent what is newest, and misses what has been replaced meanwhile. */
final class MessageStream extends Stream {

    private final AtomicReference<@Nullable SigningEvent> next = new AtomicReference<>();
    private @Nullable SigningEvent last;
    private @Nullable String seen;

    /** @param seen the id of the last event that the client has had */
    MessageStream(@Nullable String seen, Executor threads) {
        super(threads);
        this.seen = seen;
    }

    /** Sends an event, unless the client has it already, or a newer one comes before it can be sent. */
    void offer(SigningEvent event) {
        next.accumulateAndGet(event, (waiting, newer) -> waiting != null && waiting.isEnd() ? waiting : newer);
        wake();
    }

    @Override
    @Nullable
    SigningEvent poll() {
        SigningEvent event = next.getAndSet(null);
        if (event == null || event.tellsTheSameAs(last)) {
            return null;
        }
        last = event;
        boolean isNew = !event.id().equals(seen);
        seen = null;
        return isNew ? event : null;
    }

    @Override
    boolean hasMore() {
        return next.get() != null;
    }
}
