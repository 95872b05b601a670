package io.cryptowrapper.api;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/** Something that is done again and again, on a thread of its own, from its start until it is stopped. */
abstract class Repeated implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(Repeated.class);

    private final String name;
    private final Duration pause;
    private volatile CountDownLatch stopped = new CountDownLatch(0);

    /** @param pause between one turn and the next */
    Repeated(String name, Duration pause) {
        this.name = name;
        this.pause = pause;
    }

    /** What one thread does, in turns. */
    interface Series {

        void turn();

        /** After the last one. */
        default void end() {}
    }

    abstract Series begin();

    @Override
    public void start() {
        CountDownLatch stop = new CountDownLatch(1);
        stopped = stop;
        Thread.ofVirtual().name(name).start(() -> repeat(stop));
    }

    @Override
    public void stop() {
        stopped.countDown();
    }

    @Override
    public boolean isRunning() {
        return stopped.getCount() > 0;
    }

    private void turn(Series series) {
        try {
            series.turn();
        } catch (RuntimeException | Error e) {
            // An error too: nobody would notice that it has ended in silence.
            log.error("A turn of '{}' failed in a way that was not foreseen", name, e);
        }
    }

    private void repeat(CountDownLatch stop) {
        Series series = begin();
        try {
            do {
                turn(series);
            } while (!stop.await(pause.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            series.end();
        }
    }
}
