package io.cryptowrapper.api;

import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.SigningStatus;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** Looks out for the ends of many messages, for one client. */
final class Ends {

    private final Watches watches;
    private final List<End> ends;

    /** Who is told. */
    interface Listener {

        /** Once for each message. */
        void ended(Message message, SigningStatus status);

        /** This process stops; perhaps told several times. */
        void stops();
    }

    Ends(Watches watches, Collection<Message> messages, Listener listener) {
        this.watches = watches;
        this.ends = messages.stream().map(message -> new End(message, listener)).toList();
    }

    void watch() {
        ends.forEach(end -> watches.watch(end.message.id(), end));
    }

    void leave() {
        ends.forEach(end -> watches.leave(end.message.id(), end));
    }

    private static final class End implements Watches.Watcher {

        private final Message message;
        private final Listener listener;
        private final AtomicBoolean told = new AtomicBoolean();

        private End(Message message, Listener listener) {
            this.message = message;
            this.listener = listener;
        }

        @Override
        public void sees(SigningStatus status) {
            if (status.isFinal() && told.compareAndSet(false, true)) {
                listener.ended(message, status);
            }
        }

        @Override
        public void stops() {
            listener.stops();
        }
    }
}
