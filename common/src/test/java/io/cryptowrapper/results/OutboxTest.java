package io.cryptowrapper.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.TestRedis;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.UpstreamName;
import io.cryptowrapper.testing.Stage;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.core.StringRedisTemplate;

@Tag(Stage.BOTH_SERVERS)
class OutboxTest {

    private static final Duration AGE = Duration.ofHours(1);

    private final MessageId id = new Message("hello").id();
    private final StringRedisTemplate redis = TestRedis.emptied();
    private final RedisKeys keys = new RedisKeys(new UpstreamName("sign"), Duration.ofHours(24), Duration.ofHours(24));
    private final Outbox outbox = new Outbox(redis, keys);

    @Test
    void a_message_is_taken_when_it_is_old_enough() {
        outbox.add(id);
        growOlder(AGE.minusMinutes(1));
        assertThat(outbox.takeOlderThan(AGE)).isEmpty();

        growOlder(Duration.ofMinutes(1));

        assertThat(taken().id()).isEqualTo(id);
    }

    @Test
    void what_one_worker_has_taken_no_other_gets_until_it_is_as_old_again() {
        outbox.add(id);
        growOlder(AGE);
        taken();

        assertThat(outbox.takeOlderThan(AGE)).isEmpty();
        growOlder(AGE);
        assertThat(taken().id()).isEqualTo(id);
    }

    @Test
    void what_is_removed_is_never_taken() {
        outbox.add(id);
        growOlder(AGE);
        outbox.remove(taken());

        assertThat(outbox.takeOlderThan(Duration.ZERO)).isEmpty();
    }

    @Test
    void what_was_added_again_after_it_was_taken_is_another_promise_and_stays() {
        outbox.add(id);
        growOlder(AGE);
        Outbox.Entry first = taken();
        await("a later millisecond than the one in which it was taken")
                .until(() -> !outbox.add(List.of(id)).equals(List.of(first)));

        outbox.remove(first);

        assertThat(outbox.takeOlderThan(Duration.ZERO))
                .extracting(Outbox.Entry::id)
                .containsExactly(id);
    }

    @Test
    void a_hundred_are_taken_at_a_time() {
        IntStream.range(0, 150).forEach(i -> outbox.add(new Message("m" + i).id()));

        assertThat(outbox.takeOlderThan(Duration.ZERO)).hasSize(100);
    }

    /** Makes the only message look older. */
    private void growOlder(Duration time) {
        double touched = Objects.requireNonNull(redis.opsForZSet().score(keys.outbox(), id.hex()));
        redis.opsForZSet().add(keys.outbox(), id.hex(), touched - time.toMillis());
    }

    /** Takes the only message. */
    private Outbox.Entry taken() {
        List<Outbox.Entry> entries = outbox.takeOlderThan(AGE);
        assertThat(entries).hasSize(1);
        return entries.getFirst();
    }
}
