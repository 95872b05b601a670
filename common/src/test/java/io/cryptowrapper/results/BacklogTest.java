package io.cryptowrapper.results;

import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.TestRedis;
import io.cryptowrapper.signing.UpstreamName;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.core.StringRedisTemplate;

class BacklogTest {

    private final StringRedisTemplate redis = TestRedis.emptied();
    private final Backlog backlog =
            new Backlog(redis, new RedisKeys(new UpstreamName("sign"), Duration.ofHours(24), Duration.ofHours(24)));

    @Test
    void the_last_report_is_known_while_it_is_young() {
        assertThat(backlog.depth()).isEmpty();

        backlog.report(3);
        backlog.report(7);

        assertThat(backlog.depth()).hasValue(7);
        assertThat(redis.getExpire("sign:backlog")).isBetween(1L, 30L);
    }
}
