package io.cryptowrapper.api;

import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.SigningStatus;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A message, and the clients that follow it: what changes is found out once for all of them. */
final class Topic implements Watches.Watcher {

    private final Message message;
    private final Answer first;
    private final SigningEvents events;
    private final Set<Stream> streams = ConcurrentHashMap.newKeySet();
    private volatile @Nullable SigningStatus seen;

    /** @param first what the first client would have been answered */
    Topic(Message message, Answer first, SigningEvents events) {
        this.message = message;
        this.first = first;
        this.events = events;
    }

    void add(Stream stream) {
        streams.add(stream);
    }

    /** Takes a client away; whether none is left. */
    boolean remove(Stream stream) {
        streams.remove(stream);
        return streams.isEmpty();
    }

    int size() {
        return streams.size();
    }

    @Override
    public void sees(SigningStatus status) {
        seen = status;
        offer(events.of(message, status));
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
            offer(events.of(message, status));
        }
    }

    void beat() {
        streams.forEach(Stream::beat);
    }

    @Override
    public void stops() {
        streams.forEach(Stream::end);
    }

    private void offer(SigningEvent event) {
        streams.forEach(stream -> stream.offer(event));
    }
}
