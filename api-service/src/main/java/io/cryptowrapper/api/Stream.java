package io.cryptowrapper.api;

import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** One client that is told events. A client that reads slowly holds up nobody. */
abstract class Stream {

    private final SseEmitter emitter = new SseEmitter(0L);
    private final Executor threads;
    private final AtomicBoolean busy = new AtomicBoolean();
    private final AtomicReference<@Nullable Runnable> leaving = new AtomicReference<>();
    private volatile boolean beat;
    private volatile boolean over;
    private volatile boolean lost;

    Stream(Executor threads) {
        this.threads = threads;
        // Not all at the same moment, when an instance has ended.
        send(SseEmitter.event().reconnectTime(ThreadLocalRandom.current().nextLong(1000, 3000)));
    }

    /** What a client is told. */
    interface Event {

        String name();

        String id();

        /** As JSON. */
        Object data();

        /** Whether nothing comes after it. */
        boolean isEnd();
    }

    /** The next event, which nobody needs to be told again; null if there is none. On one thread at a time. */
    abstract @Nullable Event poll();

    /** Whether there may be another one. */
    abstract boolean hasMore();

    SseEmitter emitter() {
        return emitter;
    }

    /** What is to be done once, when the client has gone or the stream has ended. */
    void whenOver(Runnable leave) {
        leaving.set(leave);
        emitter.onCompletion(this::leave);
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

    /** There are events to be sent. */
    void wake() {
        if (busy.compareAndSet(false, true)) {
            threads.execute(this::sendAll);
        }
    }

    private void sendAll() {
        do {
            boolean silent = beat;
            beat = false;
            boolean ended = false;
            for (Event event = poll(); event != null && !ended && !lost; event = ended ? null : poll()) {
                silent = false;
                send(SseEmitter.event()
                        .name(event.name())
                        .id(event.id())
                        .data(event.data(), MediaType.APPLICATION_JSON));
                ended = event.isEnd();
            }
            if (silent) {
                send(SseEmitter.event().comment(""));
            }
            if (ended || over) {
                over = true;
                if (!lost) {
                    emitter.complete();
                }
                // One that is complete before the server knows of it tells nobody.
                leave();
                return;
            }
            busy.set(false);
        } while ((hasMore() || beat || over) && busy.compareAndSet(false, true));
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
