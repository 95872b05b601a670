package io.cryptowrapper.api;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/**
 * One client that follows a message. It is sent what is newest: a client that reads slowly misses what has been
 * replaced meanwhile, and holds up nobody.
 */
final class Stream {

    private final SseEmitter emitter = new SseEmitter(0L);
    private final Executor threads;
    private final AtomicBoolean busy = new AtomicBoolean();
    private final AtomicReference<@Nullable Runnable> leaving = new AtomicReference<>();
    private volatile boolean beat;
    private volatile boolean over;
    private volatile boolean lost;
    private final AtomicReference<@Nullable SigningEvent> next = new AtomicReference<>();
    private @Nullable SigningEvent last;
    private @Nullable String seen;

    /**
     * @param seen the id of the last event that the client has had
     * @param reconnect how long the client is to wait before it comes back
     */
    Stream(@Nullable String seen, Duration reconnect, Executor threads) {
        this.seen = seen;
        this.threads = threads;
        send(SseEmitter.event().reconnectTime(reconnect.toMillis()));
    }

    /** What is to be done once, when the client has gone or the stream has ended. */
    void whenOver(Runnable leave) {
        leaving.set(leave);
        emitter.onCompletion(this::leave);
    }

    SseEmitter emitter() {
        return emitter;
    }

    /** Sends an event, unless the client has it already, or a newer one comes before it can be sent. */
    void offer(SigningEvent event) {
        next.accumulateAndGet(event, (waiting, newer) -> waiting != null && waiting.isEnd() ? waiting : newer);
        wake();
    }

    /** Shows the client, and everything in between, that the connection is alive. */
    void beat() {
        beat = true;
        wake();
    }

    /** Ends the stream, so that the client comes back, perhaps to another instance. */
    void end() {
        over = true;
        wake();
    }

    private void wake() {
        if (busy.compareAndSet(false, true)) {
            threads.execute(this::sendAll);
        }
    }

    private void sendAll() {
        do {
            SigningEvent event = next.getAndSet(null);
            boolean silent = beat;
            beat = false;
            if (event != null && !event.tellsTheSameAs(last)) {
                last = event;
                if (!event.id().equals(seen)) {
                    send(SseEmitter.event()
                            .name(event.name())
                            .id(event.id())
                            .data(event.data(), MediaType.APPLICATION_JSON));
                }
                seen = null;
                if (event.isEnd()) {
                    over = true;
                }
            } else if (silent) {
                send(SseEmitter.event().comment(""));
            }
            if (over) {
                if (!lost) {
                    emitter.complete();
                }
                // One that is complete before the server knows of it tells nobody.
                leave();
                return;
            }
            busy.set(false);
        } while ((next.get() != null || beat || over) && busy.compareAndSet(false, true));
    }

    private void send(SseEmitter.SseEventBuilder event) {
        try {
            emitter.send(event);
        } catch (IOException | IllegalStateException gone) {
            // The server hears of it as well, later, and ends the request.
            lost = true;
            over = true;
            leave();
        }
    }

    private void leave() {
        Runnable leave = leaving.getAndSet(null);
        if (leave != null) {
            leave.run();
        }
    }
}
