package io.cryptowrapper.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FailingMessagesTest {

    private static final List<String> MESSAGES =
            IntStream.range(0, 10_000).mapToObj(i -> "message " + i).toList();

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.1, 0.5, 1})
    void the_share_of_failing_messages_is_as_set(double share) {
        FailingMessages failing = failing(42, share);

        double actual = (double) MESSAGES.stream().filter(failing::contains).count() / MESSAGES.size();

        assertThat(actual).isEqualTo(share, Offset.offset(share == 0 || share == 1 ? 0.0 : 0.03));
    }

    @Test
    void the_same_seed_chooses_the_same_messages_and_another_seed_others() {
        List<String> chosen =
                MESSAGES.stream().filter(failing(42, 0.5)::contains).toList();

        assertThat(MESSAGES.stream().filter(failing(42, 0.5)::contains)).containsExactlyElementsOf(chosen);
        assertThat(chosen.stream().filter(failing(43, 0.5)::contains).count()).isBetween(2_000L, 3_000L);
    }

    @Test
    void each_message_has_a_failing_time_of_its_own() {
        FailingMessages failing = failing(42, 1);

        assertThat(failing.fails("first", 0)).isTrue();
        assertThat(failing.fails("second", 99)).isTrue();
        assertThat(failing.fails("first", 100)).isFalse();
        assertThat(failing.fails("second", 198)).isTrue();
        assertThat(failing.fails("second", 199)).isFalse();
    }

    @Test
    void the_message_called_longest_ago_is_forgotten_when_there_are_too_many() {
        FailingMessages failing = failing(42, 1);
        for (int i = 0; i <= FailingMessages.MOST_REMEMBERED; i++) {
            failing.fails("message " + i, 0);
        }

        assertThat(failing.fails("message " + FailingMessages.MOST_REMEMBERED, 100))
                .isFalse();
        assertThat(failing.fails("message 0", 100)).isTrue();
    }

    private static FailingMessages failing(long seed, double share) {
        return new FailingMessages(seed, share, Duration.ofNanos(100));
    }
}
