package io.cryptowrapper.results;

import static java.time.Duration.ofDays;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.TestRedis;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.Place;
import io.cryptowrapper.signing.UpstreamName;
import io.cryptowrapper.testing.Stage;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.core.StringRedisTemplate;

@Tag(Stage.BOTH_SERVERS)
class WaitingLineTest {

    private final MessageId first = new Message("first").id();
    private final MessageId second = new Message("second").id();
    private final MessageId third = new Message("third").id();
    private final StringRedisTemplate redis = TestRedis.emptied();
    private final WaitingLine line =
            new WaitingLine(redis, new RedisKeys(new UpstreamName("sign"), ofHours(24), ofHours(24)));

    @Test
    void a_message_stands_behind_those_whose_delay_ends_before() {
        line.join(first, ofSeconds(6));
        line.join(second, ofSeconds(30));
        line.join(third, ofSeconds(10));

        assertThat(ahead(first)).isZero();
        assertThat(ahead(third)).isEqualTo(1);
        assertThat(ahead(second)).isEqualTo(2);
    }

    @Test
    void its_delay_passes_by_the_clock_of_redis() {
        line.join(first, ofMinutes(6));

        assertThat(line.placeOf(first).orElseThrow().due()).isBetween(ofMinutes(5), ofMinutes(6));
    }

    @Test
    void a_delay_that_is_over_is_no_delay() {
        line.join(first, Duration.ofMillis(-500));

        assertThat(line.placeOf(first).orElseThrow().due()).isZero();
    }

    @Test
    void those_ahead_whose_delay_still_lasts_are_counted_apart() {
        line.join(first, Duration.ofMillis(-500));
        line.join(second, ofMinutes(6));
        line.join(third, ofMinutes(30));

        assertThat(line.placeOf(first)).hasValue(new Place(0, Duration.ZERO, 0, Duration.ZERO));
        Place place = line.placeOf(third).orElseThrow();
        assertThat(place.ahead()).isEqualTo(2);
        assertThat(place.notDueAhead()).isEqualTo(1);
        assertThat(place.firstDue()).isBetween(ofMinutes(5), ofMinutes(6));
    }

    @Test
    void who_joins_again_goes_to_the_new_place() {
        line.join(first, ofSeconds(6));
        line.join(second, ofSeconds(7));
        line.join(first, ofSeconds(8));

        assertThat(ahead(first)).isEqualTo(1);
        assertThat(ahead(second)).isZero();
    }

    @Test
    void who_leaves_has_no_place_and_lets_the_others_move_up() {
        line.join(first, ofSeconds(6));
        line.join(second, ofSeconds(7));
        line.leave(first);

        assertThat(line.placeOf(first)).isEmpty();
        assertThat(ahead(second)).isZero();
    }

    @Test
    void who_stands_there_longer_than_any_message_waits_is_taken_out() {
        line.join(first, ofHours(-50));
        line.join(second, ofDays(-2));

        line.join(third, ofSeconds(6));

        assertThat(line.placeOf(first)).isEmpty();
        assertThat(line.placeOf(second)).isPresent();
    }

    private long ahead(MessageId id) {
        return line.placeOf(id).orElseThrow().ahead();
    }
}
