package io.cryptowrapper.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.cryptowrapper.testing.SettableClock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class TroubleLogTest {

    private final SettableClock clock = new SettableClock(0);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final Logger logger = (Logger) LoggerFactory.getLogger("trouble-log-test");
    private final TroubleLog log = new TroubleLog(logger, "Redis", clock::nanos);

    @BeforeEach
    void listen() {
        lines.start();
        logger.setAdditive(false);
        logger.setLevel(Level.INFO);
        logger.detachAndStopAllAppenders();
        logger.addAppender(lines);
    }

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

        assertThat(lines())
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

        assertThat(lines()).containsExactly("WARN Redis: writing fails");
    }

    @Test
    void a_long_reason_is_cut() {
        log.failed("x".repeat(1000));

        assertThat(lines()).containsExactly("WARN Redis: " + "x".repeat(300));
    }

    private List<String> lines() {
        return lines.list.stream()
                .map(event -> event.getLevel() + " " + event.getFormattedMessage())
                .toList();
    }
}
