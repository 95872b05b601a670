package io.cryptowrapper.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.testing.SettableClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TroubleLogTest {

    private final SettableClock clock = new SettableClock(0);
    private final Lines lines = new Lines();
    private final TroubleLog log = new TroubleLog(lines, "Redis", clock::nanos);

    @Test
    void trouble_is_told_when_it_begins_each_minute_and_when_it_is_over() {
        log.worked();
        for (int i = 0; i < 100; i++) {
            log.failed("it is full\nand more");
            clock.advance(Duration.ofSeconds(1));
        }
        clock.advance(Duration.ofSeconds(5));
        log.worked();
        log.worked();

        assertThat(lines.all)
                .containsExactly("WARN Redis: it is full", "WARN Redis: it is full", "INFO Redis works again");
    }

    @Test
    void what_works_in_between_does_not_end_it() {
        for (int i = 0; i < 10; i++) {
            log.failed("writing fails");
            log.worked();
            clock.advance(Duration.ofSeconds(4));
            log.worked();
        }

        assertThat(lines.all).containsExactly("WARN Redis: writing fails");
    }

    @Test
    void a_long_reason_is_cut() {
        log.failed("x".repeat(1000));

        assertThat(lines.all).containsExactly("WARN Redis: " + "x".repeat(300));
    }
}
