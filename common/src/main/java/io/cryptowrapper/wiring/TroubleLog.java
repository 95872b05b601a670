package io.cryptowrapper.wiring;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;

/**
 * Tells the log when a server's trouble begins, each minute while it lasts, and when it is over; not at each request.
 */
public final class TroubleLog {

    private static final long REMIND_AFTER = Duration.ofMinutes(1).toNanos();

    /** What works in between does not end it: of a Redis that is full, reading works and writing does not. */
    private static final long OVER_AFTER = Duration.ofSeconds(5).toNanos();

    private static final int LONGEST_REASON = 300;

    private final Logger log;
    private final String server;
    private final LongSupplier nanoClock;
    private volatile boolean trouble;
    private long toldAt;
    private long failedAt;

    /** @param server its name, with which lines begin */
    public TroubleLog(Logger log, String server) {
        this(log, server, System::nanoTime);
    }

    TroubleLog(Logger log, String server, LongSupplier nanoClock) {
        this.log = log;
        this.server = server;
        this.nanoClock = nanoClock;
    }

    /** Something was asked of the server and failed. */
    public synchronized void failed(String reason) {
        long now = nanoClock.getAsLong();
        failedAt = now;
        if (!trouble || now - toldAt >= REMIND_AFTER) {
            trouble = true;
            toldAt = now;
            String line = reason.lines().findFirst().orElse("");
            log.warn("{}: {}", server, line.substring(0, Math.min(line.length(), LONGEST_REASON)));
        }
    }

    /** Something was asked of the server and worked. */
    public void worked() {
        if (trouble) {
            end();
        }
    }

    private synchronized void end() {
        if (trouble && nanoClock.getAsLong() - failedAt >= OVER_AFTER) {
            trouble = false;
            log.info("{} works again", server);
        }
    }
}
