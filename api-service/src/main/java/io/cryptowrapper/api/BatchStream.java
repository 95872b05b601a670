package io.cryptowrapper.api;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** One client that follows a batch. It is told the end of each message, and in between how many have ended. */
final class BatchStream extends Stream {

    /** How many ends are told at most before the progress is. */
    private static final int ENDS_IN_A_ROW = 100;

    private final Queue<BatchEvent.Ended> ends = new ConcurrentLinkedQueue<>();
    private BatchEvent.Progress progress;
    private int untold;
    private boolean begun;
    private long ids;
    private volatile boolean abandoned;

    BatchStream(int total, Executor threads) {
        super(threads);
        this.progress = new BatchEvent.Progress(0, 0, 0, 0, total);
    }

    void offer(BatchEvent.Ended end) {
        ends.add(end);
    }

    /** Ends the stream, whatever is still to be told. */
    void abandon() {
        abandoned = true;
        end();
    }

    @Override
    @Nullable
    BatchEvent poll() {
        if (abandoned) {
            return null;
        }
        BatchEvent.Ended end = begun && untold < ENDS_IN_A_ROW ? ends.poll() : null;
        if (end != null) {
            untold++;
            progress = progress.and(end);
            return end.asEvent(++ids);
        }
        if (!begun || untold > 0) {
            begun = true;
            untold = 0;
            return progress.asEvent(++ids);
        }
        return null;
    }

    @Override
    boolean hasMore() {
        return !ends.isEmpty();
    }
}
