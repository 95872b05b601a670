package io.cryptowrapper.system;

import static java.time.Duration.ofSeconds;

import java.time.Duration;

/** How fast the system runs: as in reality, or all times shortened alike, so that tests end sooner. */
enum Pace {
    REAL(1),
    FORTYFOLD(40);

    private final int times;

    Pace(int times) {
        this.times = times;
    }

    Duration of(Duration real) {
        return real.dividedBy(times);
    }

    Duration window() {
        return of(ofSeconds(60));
    }

    Duration period() {
        return of(ofSeconds(6));
    }
}
