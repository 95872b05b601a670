package io.cryptowrapper.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.testing.SettableClock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class GrantTest {

    private static final Duration GUARD = Duration.ofMillis(480);

    private final SettableClock clock = new SettableClock(Long.MAX_VALUE - 100_000_000);
    private final AtomicInteger renewals = new AtomicInteger();

    @Test
    void half_of_the_guard_may_pass_until_the_request_is_sent() {
        Grant grant = grant(Duration.ZERO, true);

        clock.advance(Duration.ofMillis(240).minusNanos(1));

        assertThat(grant.allowsSending()).isTrue();
        assertThat(renewals).hasValue(0);
    }

    @Test
    void an_older_one_is_renewed_and_counts_from_then() {
        Grant grant = grant(Duration.ZERO, true);
        clock.advance(Duration.ofSeconds(3));

        assertThat(grant.allowsSending()).isTrue();

        assertThat(renewals).hasValue(1);
        assertThat(grant.allowsSending()).isTrue();
        assertThat(renewals).hasValue(1);
    }

    @Test
    void nothing_is_sent_with_one_that_cannot_be_renewed() {
        Grant grant = grant(Duration.ZERO, false);
        clock.advance(Duration.ofMillis(240));

        assertThat(grant.allowsSending()).isFalse();
    }

    @Test
    void nothing_is_sent_when_the_renewal_itself_takes_half_of_the_guard() {
        Grant grant = grant(Duration.ofMillis(240), true);
        clock.advance(Duration.ofMillis(240));

        assertThat(grant.allowsSending()).isFalse();
    }

    @Test
    void one_whose_request_was_held_up_after_the_last_look_is_seen_to_be_old() {
        Grant grant = grant(Duration.ZERO, true);
        assertThat(grant.allowsSending()).isTrue();
        clock.advance(Duration.ofMillis(240).minusNanos(1));
        assertThat(grant.isOld()).isFalse();
        clock.advance(Duration.ofNanos(1));

        assertThat(grant.isOld()).isTrue();
        assertThat(renewals).hasValue(0);
    }

    @Test
    void a_renewal_after_the_use_is_tried_until_redis_takes_it() {
        var grant = new Grant(clock::nanos, clock.nanos(), GUARD, () -> renewals.incrementAndGet() == 2);

        grant.renewAfterUse();

        assertThat(renewals).hasValue(2);
    }

    private Grant grant(Duration renewalTime, boolean renewable) {
        return new Grant(clock::nanos, clock.nanos(), GUARD, () -> {
            renewals.incrementAndGet();
            clock.advance(renewalTime);
            return renewable;
        });
    }
}
