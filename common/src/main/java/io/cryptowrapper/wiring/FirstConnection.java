package io.cryptowrapper.wiring;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.springframework.dao.DataAccessException;

/**
 * What has to go well once with a server when a process starts: tried until it does, however long that takes. A start
 * waits for it only for a while, and longer for a server that is slow than for one that refuses: processes that start
 * at the same time are slow to each other.
 */
final class FirstConnection {

    private static final Duration PATIENCE_WITH_REFUSALS = Duration.ofSeconds(3);
    private static final Duration PATIENCE_WITH_SLOWNESS = Duration.ofSeconds(10);

    /** What fails sooner was refused. */
    private static final Duration SLOW = Duration.ofMillis(200);

    private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(100);

    /**
     * Between those that nobody waits for: a broker that refuses the password is not to be asked ten times a second.
     */
    private static final Duration BETWEEN_LATE_ATTEMPTS = Duration.ofSeconds(1);

    private final String server;
    private final List<Runnable> steps;
    private final Logger log;
    private final LongSupplier nanoClock;
    private final CompletableFuture<Void> enough = new CompletableFuture<>();
    private boolean told;

    /** @param steps each fails while the server is not there, and is not taken again when it has gone well */
    FirstConnection(String server, List<Runnable> steps, Logger log, LongSupplier nanoClock) {
        this.server = server;
        this.steps = steps;
        this.log = log;
        this.nanoClock = nanoClock;
    }

    /**
     * Begins.
     *
     * @param thread where it goes on until all has gone well
     * @param pause pauses, and tells whether to go on
     * @return is complete when all has gone well, or a start should go on without the server
     */
    CompletableFuture<Void> begin(Executor thread, Predicate<Duration> pause) {
        thread.execute(() -> establish(pause));
        return enough;
    }

    private void establish(Predicate<Duration> pause) {
        long begun = nanoClock.getAsLong();
        for (Runnable step : steps) {
            while (!succeeds(step, begun)) {
                if (!pause.test(told ? BETWEEN_LATE_ATTEMPTS : BETWEEN_ATTEMPTS)) {
                    return;
                }
            }
        }
        if (told) {
            log.info("{} is there", server);
        }
        enough.complete(null);
    }

    private boolean succeeds(Runnable step, long begun) {
        long tried = nanoClock.getAsLong();
        try {
            step.run();
            return true;
        } catch (RuntimeException e) {
            long failed = nanoClock.getAsLong();
            Duration patience = failed - tried < SLOW.toNanos() ? PATIENCE_WITH_REFUSALS : PATIENCE_WITH_SLOWNESS;
            if (!told && failed - begun >= patience.toNanos()) {
                log.warn("{}; trying on. Is it running, and are its address, user and password right?", reason(e));
                told = true;
                enough.complete(null);
            }
            return false;
        }
    }

    private static String reason(RuntimeException e) {
        return e instanceof DataAccessException redisFailed
                ? "Redis: " + WatchedRedis.reason(redisFailed)
                : String.valueOf(e.getMessage());
    }
}
