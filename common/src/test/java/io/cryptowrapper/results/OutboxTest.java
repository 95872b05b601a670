package io.cryptowrapper.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.TestRedis;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.UpstreamName;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class OutboxTest {

    private static final Duration AGE = Duration.ofMillis(300);

    private final MessageId id = new Message("hello").id();
    private final Outbox outbox = new Outbox(
            TestRedis.emptied(), new RedisKeys(new UpstreamName("sign"), Duration.ofHours(24), Duration.ofHours(24)));

    @Test
    void a_message_is_taken_when_it_is_old_enough() {
        outbox.add(id);

        assertThat(outbox.takeOlderThan(Duration.ofSeconds(5))).isEmpty();
        assertThat(taken().id()).isEqualTo(id);
    }

    @Test
    void what_one_worker_has_taken_no_other_gets_until_it_is_as_old_again() {
        outbox.add(id);
        taken();

        assertThat(outbox.takeOlderThan(AGE)).isEmpty();
        assertThat(taken().id()).isEqualTo(id);
    }

    @Test
    void what_is_removed_is_never_taken() {
        outbox.add(id);
        outbox.remove(taken());

        assertThat(outbox.takeOlderThan(Duration.ZERO)).isEmpty();
    }

    @Test
    void what_was_added_again_after_it_was_taken_is_another_promise_and_stays() {
        outbox.add(id);
        Outbox.Entry first = taken();
        await().until(() -> {
            outbox.add(id);
            return !outbox.takeOlderThan(Duration.ZERO).equals(List.of(first));
        });

        outbox.remove(first);

        assertThat(taken().id()).isEqualTo(id);
    }

    @Test
    void a_hundred_are_taken_at_a_time() {
        IntStream.range(0, 150).forEach(i -> outbox.add(new Message("m" + i).id()));

        assertThat(outbox.takeOlderThan(Duration.ZERO)).hasSize(100);
    }

    /** The only message, when it is old enough. */
    private Outbox.Entry taken() {
        return await().until(() -> outbox.takeOlderThan(AGE), entries -> entries.size() == 1)
                .getFirst();
    }
}
