package io.cryptowrapper.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.testing.SettableClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.springframework.amqp.AmqpException;

class FirstConnectionTest {

    private static final Duration REFUSAL = Duration.ofMillis(1);
    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    private static final String WARNING =
            "WARN no answer; trying on. Is it running, and are its address, user and password right?";

    private final SettableClock clock = new SettableClock(0);
    private final Lines lines = new Lines();

    @Test
    void a_start_waits_for_a_server_that_is_slow_and_nothing_is_said() {
        assertThat(startWaitsFor(failing(4, TIMEOUT))).isBetween(Duration.ofSeconds(8), Duration.ofSeconds(9));

        assertThat(lines.all).isEmpty();
    }

    @Test
    void a_start_goes_on_without_a_server_that_is_too_slow() {
        assertThat(startWaitsFor(failing(100, TIMEOUT))).isBetween(Duration.ofSeconds(10), Duration.ofSeconds(12));

        assertThat(lines.all).containsExactly(WARNING, "INFO Redis is there");
    }

    @Test
    void a_start_goes_on_soon_without_a_server_that_refuses_and_it_is_told_when_it_is_there() {
        assertThat(startWaitsFor(failing(100, REFUSAL))).isBetween(Duration.ofSeconds(3), Duration.ofSeconds(4));

        assertThat(lines.all).containsExactly(WARNING, "INFO Redis is there");
        // Once a second, when nobody waits.
        assertThat(now()).isGreaterThan(Duration.ofMinutes(1));
    }

    @Test
    void what_has_gone_well_is_not_done_again() {
        var done = new ArrayList<String>();
        Runnable second = failing(3, TIMEOUT);

        var waited = startWaitsFor(() -> done.add("first"), () -> {
            second.run();
            done.add("second");
        });

        assertThat(waited).isGreaterThan(TIMEOUT);
        assertThat(done).containsExactly("first", "second");
        assertThat(lines.all).isEmpty();
    }

    @Test
    void it_is_given_up_when_the_process_stops() {
        assertThat(connection(failing(Integer.MAX_VALUE, REFUSAL)).begin(Runnable::run, time -> false))
                .isNotCompleted();
    }

    /** Takes all steps to the end. */
    private Duration startWaitsFor(Runnable... steps) {
        var waited = new ArrayList<Duration>();
        var thread = new ArrayList<Runnable>();
        Predicate<Duration> pause = time -> {
            clock.advance(time);
            return true;
        };
        var _ = connection(steps).begin(thread::add, pause).thenRun(() -> waited.add(now()));
        thread.forEach(Runnable::run);
        return waited.getFirst();
    }

    private FirstConnection connection(Runnable... steps) {
        return new FirstConnection("Redis", List.of(steps), lines, clock::nanos);
    }

    private Runnable failing(int times, Duration each) {
        var failures = new ArrayList<Duration>();
        return () -> {
            if (failures.size() < times) {
                failures.add(each);
                clock.advance(each);
                throw new AmqpException("no answer");
            }
        };
    }

    private Duration now() {
        return Duration.ofNanos(clock.nanos());
    }
}
