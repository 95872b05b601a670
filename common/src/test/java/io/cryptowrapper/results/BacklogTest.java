package io.cryptowrapper.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.TestRedis;
import io.cryptowrapper.signing.UpstreamName;
import io.cryptowrapper.testing.Stage;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.core.StringRedisTemplate;

@Tag(Stage.BOTH_SERVERS)
class BacklogTest {

    private final StringRedisTemplate redis = TestRedis.emptied();
    private final Backlog backlog =
            new Backlog(redis, new RedisKeys(new UpstreamName("sign"), Duration.ofHours(24), Duration.ofHours(24)));

    @Test
    void the_last_report_is_known_and_grows_old() {
        assertThat(backlog.latest()).isEmpty();

        backlog.report(3);
        backlog.report(7);

        assertThat(backlog.latest()).hasValueSatisfying(report -> {
            assertThat(report.depth()).isEqualTo(7);
            assertThat(report.age()).isLessThan(Duration.ofMinutes(1));
        });
        await().until(() -> backlog.latest().orElseThrow().age().toMillis() > 5);
        assertThat(redis.getExpire("sign:backlog")).isPositive();
    }

    @Test
    void a_report_that_cannot_be_read_is_as_good_as_none() {
        redis.opsForValue().set("sign:backlog", "7");

        assertThat(backlog.latest()).isEmpty();
    }
}
