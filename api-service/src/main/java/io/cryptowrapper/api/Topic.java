package io.cryptowrapper.api;

import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.SigningStatus;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A message, and the clients that follow it: what changes is found out once for all of them. */
final class Topic implements Watches.Watcher {

    private final Message message;
    private final Answer first;
    private final SigningEvents events;
    private final Set<MessageStream> streams = ConcurrentHashMap.newKeySet();
    private volatile @Nullable SigningStatus seen;

    /** @param first what the first client would have been answered */
    Topic(Message message, Answer first, SigningEvents events) {
        this.message = message;
        this.first = first;
        this.events = events;
    }

    void add(MessageStream stream) {
        streams.add(stream);
    }

    /** Takes a client away; whether none is left. */
    boolean remove(MessageStream stream) {
        streams.remove(stream);
        return streams.isEmpty();
    }

    int size() {
        return streams.size();
    }

    @Override
    public void sees(SigningStatus status) {
        synchronized (this) {
            if (isOlder(status, seen)) {
                return;
            }
            seen = status;
        }
        tell(status);
    }

    /** Two who look at the same time may come back in another order. */
    private static boolean isOlder(SigningStatus status, @Nullable SigningStatus seen) {
        return status instanceof SigningStatus.Pending(var _, var _, int attempt, Instant accepted)
                && seen instanceof SigningStatus.Pending newest
                && accepted.equals(newest.acceptedAt())
                && attempt < newest.attempt();
    }

    @Override
    public void seesNothing() {
        if (seen == null) {
            offer(events.of(message, first));
        }
    }

    /** Tells where the message stands in the line by now. */
    void refresh() {
        SigningStatus status = seen;
        if (status != null && !status.isFinal()) {
            tell(status);
        }
    }

    @Override
    public void stops() {
        streams.forEach(Stream::end);
    }

    private void tell(SigningStatus status) {
        SigningEvent event = events.of(message, status);
        // It takes time to find out what to tell.
        if (status.equals(seen)) {
            offer(event);
        }
    }

    private void offer(SigningEvent event) {
        streams.forEach(stream -> stream.offer(event));
    }
}
