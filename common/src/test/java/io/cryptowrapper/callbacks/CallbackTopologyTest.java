package io.cryptowrapper.callbacks;

import static java.time.Duration.ZERO;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.signing.UpstreamName;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.convert.DurationStyle;

class CallbackTopologyTest {

    private final CallbackTopology topology = new CallbackTopology(
            UpstreamName.SIGN, List.of(ZERO, ofSeconds(5), ofMinutes(5), ofSeconds(5), ofHours(2)));

    @Test
    void there_is_a_wait_queue_for_each_different_delay_that_is_not_zero() {
        assertThat(topology.queues().sequencedKeySet())
                .containsExactly(
                        "sign.callback.parking",
                        "sign.callback.work",
                        "sign.callback.wait.5s",
                        "sign.callback.wait.300s",
                        "sign.callback.wait.7200s");
    }

    @Test
    void they_hand_over_at_least_once() {
        assertThat(topology.queues().get("sign.callback.wait.300s"))
                .isEqualTo(Map.of(
                        "x-queue-type", "quorum",
                        "x-message-ttl", 300_000L,
                        "x-dead-letter-exchange", "",
                        "x-dead-letter-routing-key", "sign.callback.work",
                        "x-dead-letter-strategy", "at-least-once",
                        "x-overflow", "reject-publish"));
        assertThat(topology.queues().get("sign.callback.work"))
                .isEqualTo(Map.of(
                        "x-queue-type", "quorum",
                        "x-delivery-limit", 1_000_000,
                        "x-dead-letter-exchange", "",
                        "x-dead-letter-routing-key", "sign.callback.parking",
                        "x-dead-letter-strategy", "at-least-once",
                        "x-overflow", "reject-publish"));
        assertThat(topology.queues().get("sign.callback.parking"))
                .isEqualTo(Map.of("x-queue-type", "quorum", "x-delivery-limit", 1_000_000));
    }

    @ParameterizedTest
    @CsvSource({
        "-1s, work",
        "0s, work",
        "500ms, work",
        "501ms, wait.5s",
        "1s, wait.5s",
        "4999ms, wait.5s",
        "5s, wait.5s",
        "299s, wait.5s",
        "300s, wait.300s",
        "330s, wait.300s",
        "7199s, wait.300s",
        "7200s, wait.7200s",
        "24h, wait.7200s"
    })
    void it_waits_in_the_longest_queue_that_is_not_too_long_and_for_a_little_not_at_all(String left, String queue) {
        assertThat(topology.queueFor(DurationStyle.detectAndParse(left))).isEqualTo("sign.callback." + queue);
    }

    @Test
    void a_delay_with_the_most_jitter_is_over_after_a_few_queues_and_never_much_too_early() {
        Duration left = ofHours(2).plusMinutes(12);
        int queues = 0;
        while (!topology.isDue(left)) {
            String queue = topology.queueFor(left);
            left = left.minus(topology.waitQueues().stream()
                    .filter(wait -> wait.name().equals(queue))
                    .findFirst()
                    .orElseThrow()
                    .delay());
            queues++;
        }

        assertThat(left).isBetween(ofSeconds(-5), ofMillis(500));
        assertThat(queues).isLessThan(40);
    }

    @Test
    void without_a_delay_there_is_still_a_queue_for_those_whose_receiver_is_slow() {
        var once = new CallbackTopology(UpstreamName.SIGN, List.of(ZERO));

        assertThat(once.waitQueueFor(ZERO)).isEqualTo("sign.callback.wait.5s");
        assertThat(once.firstDelay()).isZero();
        assertThat(once.queueFor(ZERO)).isEqualTo("sign.callback.work");
    }
}
