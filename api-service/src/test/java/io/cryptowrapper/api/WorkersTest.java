package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.results.Backlog.Report;
import io.cryptowrapper.testing.SettableClock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Status;
import org.springframework.dao.QueryTimeoutException;

class WorkersTest {

    private static final Duration HOUR = Duration.ofHours(1);

    private final SettableClock clock = new SettableClock(0);
    private Supplier<Optional<Report>> redis = Optional::empty;
    private final Workers workers = new Workers(() -> redis.get(), clock::nanos);

    @Test
    void a_worker_that_reports_is_not_silent() {
        reported(7, Duration.ofSeconds(2));
        clock.advance(HOUR);

        assertThat(workers.silence()).isZero();
        assertThat(workers.areAbsent()).isFalse();
        assertThat(workers.health().getStatus()).isEqualTo(Status.UP);
        assertThat(workers.depth().orElseThrow().messages()).isEqualTo(7);
    }

    @Test
    void without_a_report_workers_are_silent_from_the_start() {
        clock.advance(Duration.ofSeconds(29));
        assertThat(workers.silence()).isZero();
        assertThat(workers.areAbsent()).isTrue();

        clock.advance(Duration.ofSeconds(2));

        assertThat(workers.silence()).isEqualTo(Duration.ofSeconds(31));
        assertThat(workers.health().getStatus()).isEqualTo(Status.DOWN);
    }

    @Test
    void a_report_that_is_old_already_when_it_is_first_seen_tells_for_how_long() {
        reported(7, HOUR);
        clock.advance(Duration.ofSeconds(1));

        assertThat(workers.silence()).isEqualTo(HOUR);
        assertThat(workers.areAbsent()).isTrue();
    }

    @Test
    void when_redis_has_forgotten_the_report_the_time_before_does_not_count() {
        reported(7, Duration.ZERO);
        clock.advance(HOUR);
        assertThat(workers.silence()).isZero();

        redis = Optional::empty;
        clock.advance(Duration.ofSeconds(1));
        assertThat(workers.silence()).isZero();
        clock.advance(Duration.ofSeconds(31));

        assertThat(workers.silence()).isEqualTo(Duration.ofSeconds(31));
    }

    @Test
    void the_time_without_redis_is_not_the_workers_silence() {
        reported(7, Duration.ZERO);
        clock.advance(Duration.ofSeconds(1));
        assertThat(workers.silence()).isZero();
        var seen = workers.depth();
        redis = () -> {
            throw new QueryTimeoutException("away");
        };
        clock.advance(HOUR);
        assertThat(workers.silence()).isZero();
        assertThat(workers.areAbsent()).isFalse();
        assertThat(workers.health().getStatus()).isEqualTo(Status.UNKNOWN);
        assertThat(workers.depth()).isPresent().isEqualTo(seen);

        reported(7, HOUR);
        clock.advance(Duration.ofSeconds(1));

        assertThat(workers.silence()).isZero();
        clock.advance(Duration.ofSeconds(30));
        reported(7, HOUR);
        assertThat(workers.silence()).isEqualTo(Duration.ofSeconds(31));
    }

    private void reported(long depth, Duration age) {
        redis = () -> Optional.of(new Report(depth, age));
    }
}
