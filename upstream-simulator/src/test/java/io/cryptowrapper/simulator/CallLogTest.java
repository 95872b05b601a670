package io.cryptowrapper.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class CallLogTest {

    private final CallLog log = new CallLog();

    @Test
    void the_fullest_window_is_found_wherever_it_lies() {
        for (long nanos : new long[] {0, 60, 90, 95, 159, 160, 300}) {
            log.add(call(nanos, "m"));
        }

        assertThat(log.mostInAnyWindow(Duration.ofNanos(100))).isEqualTo(4);
        assertThat(log.mostInAnyWindow(Duration.ofNanos(101))).isEqualTo(5);
        assertThat(log.mostInAnyWindow(Duration.ofNanos(1))).isEqualTo(1);
        assertThat(new CallLog().mostInAnyWindow(Duration.ofNanos(1))).isZero();
    }

    @Test
    void the_oldest_calls_are_forgotten() {
        for (int i = 0; i <= CallLog.MOST_CALLS; i++) {
            log.add(call(i, ""));
        }

        assertThat(log.calls()).hasSize(CallLog.MOST_CALLS);
        assertThat(log.calls().getFirst().nanos()).isEqualTo(1);
        assertThat(log.calls().getLast().nanos()).isEqualTo(CallLog.MOST_CALLS);
    }

    @Test
    void fewer_calls_are_kept_if_their_messages_are_long() {
        String message = "m".repeat(8_000);
        for (int i = 0; i < 5_000; i++) {
            log.add(call(i, message));
        }

        assertThat(log.calls()).hasSize(4_000);
    }

    private static Call call(long nanos, String message) {
        return new Call(Instant.EPOCH, nanos, Call.Kind.SIGN, message, 200);
    }
}
