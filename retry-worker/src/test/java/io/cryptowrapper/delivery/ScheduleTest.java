package io.cryptowrapper.delivery;

import static java.time.Duration.ZERO;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.callbacks.Callback;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScheduleTest {

    private static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");

    private final Callback first = Callback.first("i", URI.create("https://example.com"), "{}", NOW);
    private final Schedule schedule = new Schedule(List.of(ZERO, ofSeconds(5), ofSeconds(300)), always(0.5));

    @Test
    void each_attempt_has_its_delay_and_jitter_makes_it_up_to_a_tenth_longer() {
        Callback second = schedule.next(first, Optional.empty(), NOW).orElseThrow();
        Callback third = schedule.next(second, Optional.empty(), NOW).orElseThrow();

        assertThat(second).isEqualTo(first.next(NOW.plusMillis(5250)));
        assertThat(third.attempt()).isEqualTo(3);
        assertThat(third.left(NOW)).isEqualTo(ofSeconds(315));
        assertThat(new Schedule(schedule.delays(), always(0)).next(first, Optional.empty(), NOW))
                .contains(first.next(NOW.plusSeconds(5)));
    }

    @Test
    void the_first_attempt_is_made_at_once_where_it_has_no_delay_whatever_another_clock_says() {
        Callback ofAnHourAhead = Callback.first("id", first.url(), "{}", NOW.plus(Duration.ofHours(1)));

        assertThat(schedule.isAtOnce(ofAnHourAhead)).isTrue();
        assertThat(schedule.isAtOnce(ofAnHourAhead.next(NOW))).isFalse();
        assertThat(new Schedule(List.of(ofSeconds(1)), always(0)).isAtOnce(ofAnHourAhead))
                .isFalse();
    }

    @Test
    void after_the_last_one_there_is_none() {
        Callback third = first.next(NOW).next(NOW);

        assertThat(schedule.next(third, Optional.of(ofSeconds(1)), NOW)).isEmpty();
        assertThat(schedule.next(third.next(NOW), Optional.empty(), NOW)).isEmpty();
    }

    @Test
    void a_longer_pause_that_the_receiver_asks_for_is_kept_and_a_shorter_one_wastes_no_attempts() {
        assertThat(schedule.next(first, Optional.of(ofSeconds(60)), NOW)).contains(first.next(NOW.plusSeconds(60)));
        assertThat(schedule.next(first, Optional.of(ofSeconds(1)), NOW)).contains(first.next(NOW.plusMillis(5250)));
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            delimiter = '|',
            value = {
                "120 | 120",
                " 7  | 7",
                "0 | -",
                "-5 | -",
                "1.5 | -",
                "soon | -",
                "'' | -",
                "Sat, 31 Jan 2026 12:01:00 GMT | 60",
                "Sat, 31 Jan 2026 11:59:00 GMT | -",
                "Sun, 31 Jan 2027 12:00:00 GMT | 86400",
                "999999999 | 86400",
                "99999999999999999999 | -"
            })
    void a_pause_is_asked_for_in_seconds_or_by_a_date_and_is_a_day_at_most(String value, @Nullable Long seconds) {
        assertThat(Schedule.pause(value, NOW))
                .isEqualTo(Optional.ofNullable(seconds).map(Duration::ofSeconds));
        assertThat(Schedule.pause(value, NOW).orElse(ZERO)).isLessThanOrEqualTo(ofHours(24));
    }

    private static RandomGenerator always(double value) {
        return new RandomGenerator() {
            @Override
            public long nextLong() {
                return 0;
            }

            @Override
            public double nextDouble() {
                return value;
            }
        };
    }
}
