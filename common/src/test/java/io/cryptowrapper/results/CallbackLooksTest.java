package io.cryptowrapper.results;

import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.TestRedis;
import io.cryptowrapper.results.CallbackLooks.Look;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.UpstreamName;
import io.cryptowrapper.testing.Stage;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.core.StringRedisTemplate;

@Tag(Stage.BOTH_SERVERS)
class CallbackLooksTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final MessageId id = new Message("hello").id();
    private final StringRedisTemplate redis = TestRedis.emptied();
    private final CallbackLooks looks = new CallbackLooks(
            redis, redis, new RedisKeys(new UpstreamName("sign"), Duration.ofHours(24), Duration.ofHours(24)));

    @Test
    void a_message_is_looked_at_when_it_is_time_and_then_not_for_a_while() {
        looks.lookAfter(id, MINUTE);
        assertThat(looks.take(MINUTE)).isEmpty();

        looks.lookAfter(id, Duration.ZERO);

        assertThat(looks.take(MINUTE)).extracting(Look::id).containsExactly(id);
        assertThat(looks.take(MINUTE)).isEmpty();
    }

    @Test
    void who_asks_again_does_not_put_it_off() {
        looks.lookAfter(id, Duration.ZERO);
        looks.lookAfter(id, MINUTE);

        assertThat(looks.take(MINUTE)).hasSize(1);
    }

    @Test
    void what_is_put_off_is_looked_at_later_and_what_is_forgotten_never() {
        looks.lookAfter(id, Duration.ZERO);
        looks.putOff(looks.take(Duration.ZERO).getFirst(), MINUTE);
        assertThat(looks.take(Duration.ZERO)).isEmpty();

        looks.forget(looks.of(id).orElseThrow());

        assertThat(looks.of(id)).isEmpty();
        assertThat(looks.size()).isZero();
    }

    @Test
    void what_was_noted_since_it_was_seen_is_neither_forgotten_nor_put_off() {
        looks.lookAfter(id, MINUTE);
        Look seen = looks.of(id).orElseThrow();
        looks.lookAfter(id, MINUTE);
        looks.lookAfter(id, Duration.ZERO);

        looks.forget(seen);
        looks.putOff(seen, MINUTE);

        assertThat(looks.take(MINUTE)).hasSize(1);
    }

    @Test
    void a_hundred_are_taken_at_a_time() {
        IntStream.range(0, 150).forEach(i -> looks.lookAfter(new Message("m" + i).id(), Duration.ZERO));

        assertThat(looks.take(MINUTE)).hasSize(100);
        assertThat(looks.take(MINUTE)).hasSize(50);
    }
}
