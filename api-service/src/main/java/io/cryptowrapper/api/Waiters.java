package io.cryptowrapper.api;

import io.cryptowrapper.signing.MessageId;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.springframework.stereotype.Component;

/** The requests that wait for what another caller, perhaps in another process, finds out. */
@Component
class Waiters implements News.Reader {

    /** News can be missed while Redis reconnects, so everyone looks this often without any. */
    private static final Duration LOOK_ANYWAY = Duration.ofMillis(250);

    private final ConcurrentHashMap<MessageId, Set<Ticket>> waiting = new ConcurrentHashMap<>();

    /** A place among those who wait for a message; taken before looking, so that no news falls in between. */
    Ticket register(MessageId id) {
        Ticket ticket = new Ticket(id);
        waiting.compute(id, (key, tickets) -> {
            Set<Ticket> all = tickets == null ? new HashSet<>() : tickets;
            all.add(ticket);
            return all;
        });
        return ticket;
    }

    @Override
    public void changed(MessageId id) {
        waiting.computeIfPresent(id, (key, tickets) -> {
            tickets.forEach(ticket -> ticket.news.release());
            return tickets;
        });
    }

    final class Ticket implements AutoCloseable {

        private final MessageId id;
        private final Semaphore news = new Semaphore(0);

        private Ticket(MessageId id) {
            this.id = id;
        }

        /** Returns when there is news of the message, or soon without. */
        void await(Duration most) {
            long time = Math.min(most.toNanos(), LOOK_ANYWAY.toNanos());
            try {
                if (news.tryAcquire(time, TimeUnit.NANOSECONDS)) {
                    news.drainPermits();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void close() {
            waiting.computeIfPresent(id, (key, tickets) -> {
                tickets.remove(this);
                return tickets.isEmpty() ? null : tickets;
            });
        }
    }
}
