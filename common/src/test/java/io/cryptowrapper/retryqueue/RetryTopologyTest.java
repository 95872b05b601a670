package io.cryptowrapper.retryqueue;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.broker.DelayedQueues.WaitQueue;
import io.cryptowrapper.signing.UpstreamName;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class RetryTopologyTest {

    private final RetryTopology standard = new RetryTopology(UpstreamName.SIGN, List.of(ofSeconds(6)));

    @Test
    void the_wait_queue_delays_and_then_hands_over_at_least_once() {
        assertThat(argumentsOf("sign.wait.6s"))
                .isEqualTo(Map.of(
                        "x-queue-type", "quorum",
                        "x-message-ttl", 6000L,
                        "x-dead-letter-exchange", "",
                        "x-dead-letter-routing-key", "sign.work",
                        "x-dead-letter-strategy", "at-least-once",
                        "x-overflow", "reject-publish"));
    }

    @Test
    void the_work_queue_gives_only_messages_that_always_kill_their_worker_to_parking_and_never_to_a_wait_queue() {
        assertThat(argumentsOf("sign.work"))
                .isEqualTo(Map.of(
                        "x-queue-type", "quorum",
                        "x-delivery-limit", 1_000_000,
                        "x-dead-letter-exchange", "",
                        "x-dead-letter-routing-key", "sign.parking",
                        "x-dead-letter-strategy", "at-least-once",
                        "x-overflow", "reject-publish"));
    }

    @Test
    void the_parking_queue_keeps_everything_however_often_somebody_looks_at_it() {
        assertThat(argumentsOf("sign.parking"))
                .isEqualTo(Map.of("x-queue-type", "quorum", "x-delivery-limit", 1_000_000));
    }

    @Test
    void a_queue_is_declared_after_the_one_it_dead_letters_to() {
        assertThat(standard.queues().sequencedKeySet()).containsExactly("sign.parking", "sign.work", "sign.wait.6s");
    }

    @Test
    void each_different_delay_has_a_queue_and_the_last_one_repeats() {
        var backoff = new RetryTopology(
                UpstreamName.SIGN, List.of(ofMillis(1500), ofSeconds(6), ofMillis(1500), ofMinutes(5)));

        assertThat(backoff.waitQueues())
                .extracting(WaitQueue::name)
                .containsExactly("sign.wait.1500ms", "sign.wait.6s", "sign.wait.300s");
        assertThat(backoff.waitQueueFor(1)).isEqualTo("sign.wait.1500ms");
        assertThat(backoff.waitQueueFor(2)).isEqualTo("sign.wait.6s");
        assertThat(backoff.waitQueueFor(3)).isEqualTo("sign.wait.1500ms");
        assertThat(backoff.waitQueueFor(4)).isEqualTo("sign.wait.300s");
        assertThat(backoff.waitQueueFor(99)).isEqualTo("sign.wait.300s");
    }

    @Test
    void another_upstream_has_other_queues() {
        var other = new RetryTopology(new UpstreamName("stamp"), List.of(ofSeconds(6)));

        assertThat(other.queues().sequencedKeySet()).containsExactly("stamp.parking", "stamp.work", "stamp.wait.6s");
    }

    private Map<String, Object> argumentsOf(String queue) {
        return Objects.requireNonNull(standard.queues().get(queue));
    }
}
