package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.testing.SettableClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientQuotaTest {

    private final SettableClock clock = new SettableClock(0);

    @Test
    void so_many_requests_may_be_made_in_a_row_and_then_one_when_one_has_come_back() {
        ClientQuota quota = quota(600, Duration.ofSeconds(60));

        for (int left = 599; left >= 0; left--) {
            assertTaken(quota, true, left, Duration.ofMillis(100));
        }
        assertTaken(quota, false, 0, Duration.ofMillis(100));

        clock.advance(Duration.ofMillis(99));
        assertTaken(quota, false, 0, Duration.ofMillis(1));
        clock.advance(Duration.ofMillis(1));
        assertTaken(quota, true, 0, Duration.ofMillis(100));
        assertTaken(quota, false, 0, Duration.ofMillis(100));
    }

    @Test
    void what_was_used_comes_back_evenly_and_never_more_than_all() {
        ClientQuota quota = quota(6, Duration.ofSeconds(60));
        for (int left = 5; left >= 0; left--) {
            assertTaken(quota, true, left, Duration.ofSeconds(10));
        }

        clock.advance(Duration.ofSeconds(25));
        assertTaken(quota, true, 1, Duration.ofSeconds(5));
        clock.advance(Duration.ofSeconds(60));
        assertTaken(quota, true, 5, Duration.ofSeconds(10));
        clock.advance(Duration.ofDays(100));
        assertTaken(quota, true, 5, Duration.ofSeconds(10));
    }

    @Test
    void what_is_refused_is_not_counted() {
        ClientQuota quota = quota(1, Duration.ofSeconds(1));
        assertTaken(quota, true, 0, Duration.ofSeconds(1));
        for (int i = 0; i < 1000; i++) {
            assertTaken(quota, false, 0, Duration.ofSeconds(1));
        }

        clock.advance(Duration.ofSeconds(1));

        assertTaken(quota, true, 0, Duration.ofSeconds(1));
    }

    @Test
    void many_are_taken_together_or_none_of_them() {
        ClientQuota quota = quota(600, Duration.ofSeconds(60));

        assertThat(quota.take(600).granted()).isTrue();
        clock.advance(Duration.ofSeconds(10));
        ClientQuota.Taken refused = quota.take(101);
        assertThat(refused.granted()).isFalse();
        assertThat(refused.rateLimit().left()).isEqualTo(100);
        assertThat(refused.untilEnough()).isEqualTo(Duration.ofMillis(100));
        assertThat(quota.take(100).granted()).isTrue();
        assertThat(quota.take(601).granted()).isFalse();
    }

    @Test
    void the_clock_may_have_any_time() {
        clock.advance(Duration.ofNanos(Long.MAX_VALUE - 5));
        ClientQuota quota = quota(2, Duration.ofSeconds(2));
        assertTaken(quota, true, 1, Duration.ofSeconds(1));

        clock.advance(Duration.ofNanos(500));

        assertTaken(quota, true, 0, Duration.ofNanos(999_999_500));
        assertTaken(quota, false, 0, Duration.ofNanos(999_999_500));
    }

    /** For an hour, a client asks as often as it can: it gets its quota, and once more what comes back. */
    @ParameterizedTest
    @ValueSource(ints = {1, 7, 600, 1_000_000})
    void over_a_long_time_it_is_as_many_as_the_quota_says(int requests) {
        ClientQuota quota = quota(requests, Duration.ofSeconds(60));
        long granted = 0;
        for (int second = 0; second < 600; second++) {
            while (quota.take().granted()) {
                granted++;
            }
            clock.advance(Duration.ofSeconds(1));
        }

        assertThat(granted).isBetween((long) (requests * 10.9), (long) (requests * 11.0) + 1);
    }

    private ClientQuota quota(int requests, Duration window) {
        return new ClientQuota(requests, window, clock::nanos);
    }

    private static void assertTaken(ClientQuota quota, boolean granted, long left, Duration untilMore) {
        ClientQuota.Taken taken = quota.take();
        assertThat(taken.granted()).isEqualTo(granted);
        assertThat(taken.rateLimit().left()).isEqualTo(left);
        assertThat(taken.rateLimit().untilMore()).isEqualTo(untilMore);
    }
}
