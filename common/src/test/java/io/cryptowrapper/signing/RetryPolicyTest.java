package io.cryptowrapper.signing;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {

    private final RetryPolicy policy = new RetryPolicy(ofSeconds(6), List.of(ofSeconds(6), ofSeconds(30)), ofHours(24));

    @Test
    void the_last_delay_repeats() {
        assertThat(policy.delayBefore(1)).isEqualTo(ofSeconds(6));
        assertThat(policy.delayBefore(2)).isEqualTo(ofSeconds(30));
        assertThat(policy.delayBefore(1000)).isEqualTo(ofSeconds(30));
    }

    @Test
    void there_is_at_least_one_delay() {
        assertThatThrownBy(() -> new RetryPolicy(ofSeconds(6), List.of(), ofHours(24)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_message_is_given_up_when_it_is_as_old_as_allowed_and_not_before() {
        Instant accepted = Instant.parse("2026-01-01T00:00:00Z");
        Instant end = accepted.plus(ofHours(24));

        assertThat(policy.givesUp(accepted, end.minusMillis(1))).isFalse();
        assertThat(policy.givesUp(accepted, end)).isTrue();
    }

    @Test
    void no_message_has_its_turn_before_the_budget_allows_it() {
        assertThat(policy.untilTurn(new Place(5, ofSeconds(25), 0, ofSeconds(20)), ofSeconds(34)))
                .isEqualTo(ofSeconds(34));
    }

    @Test
    void no_message_has_its_turn_before_its_own_delay_is_over() {
        assertThat(policy.untilTurn(new Place(0, ofSeconds(25), 0, ofSeconds(25)), ofSeconds(4)))
                .isEqualTo(ofSeconds(25));
    }

    @Test
    void messages_ahead_that_are_not_due_take_their_turns_when_they_are() {
        // Two are due at once; the first of three others in 100 s, this one in 105 s.
        assertThat(policy.untilTurn(new Place(5, ofSeconds(105), 3, ofSeconds(100)), ofSeconds(4)))
                .isEqualTo(ofSeconds(100 + 3 * 6));
    }
}
