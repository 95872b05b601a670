package io.cryptowrapper.faults;

import io.cryptowrapper.testing.Gate;
import java.util.List;
import java.util.Random;

/**
 * Something that goes wrong, and how it comes right again.
 *
 * @param name what it is called in reports
 * @param harms what it is done to; two that harm the same are not made at the same time
 * @param begin makes it happen
 * @param end lets it be over; where what has ended starts again, it may take longer than this does
 */
record Fault(String name, List<Victim> harms, Step begin, Step end) {

    /** What faults are done to. */
    enum Victim {
        API,
        WORKERS,
        BROKER,
        REDIS,
        UPSTREAM
    }

    /** Part of a fault. */
    interface Step {
        void run() throws Exception;
    }

    static Fault of(String name, Victim victim, Step begin, Step end) {
        return new Fault(name, List.of(victim), begin, end);
    }

    boolean excludes(Fault other) {
        return harms.stream().anyMatch(other.harms::contains);
    }

    /** What a connection may suffer. */
    enum Harm {
        CUT,
        SILENT,
        MUTE,
        SLOW,
        STRANDED;

        void on(Gate gate, Random random) {
            switch (this) {
                case CUT -> gate.cut();
                case SILENT -> gate.silence();
                case MUTE -> gate.mute();
                case SLOW -> gate.slow(java.time.Duration.ofMillis(50 + random.nextInt(200)));
                case STRANDED -> gate.strand();
            }
        }
    }
}
