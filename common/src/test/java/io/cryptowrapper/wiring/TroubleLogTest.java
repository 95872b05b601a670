package io.cryptowrapper.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.testing.SettableClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;

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

    private static final class Lines extends LegacyAbstractLogger {

        private static final long serialVersionUID = 1;

        private final transient List<String> all = new ArrayList<>();

        @Override
        protected void handleNormalizedLoggingCall(
                Level level,
                @Nullable Marker marker,
                String message,
                Object @Nullable [] arguments,
                @Nullable Throwable throwable) {
            all.add(level + " " + MessageFormatter.basicArrayFormat(message, arguments));
        }

        @Override
        protected @Nullable String getFullyQualifiedCallerName() {
            return null;
        }

        @Override
        public boolean isTraceEnabled() {
            return false;
        }

        @Override
        public boolean isDebugEnabled() {
            return false;
        }

        @Override
        public boolean isInfoEnabled() {
            return true;
        }

        @Override
        public boolean isWarnEnabled() {
            return true;
        }

        @Override
        public boolean isErrorEnabled() {
            return true;
        }
    }
}
