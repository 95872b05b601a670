package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.springframework.mock.web.MockHttpServletResponse;

class RateLimitTest {

    @Test
    void when_there_are_more_is_told_where_some_are_used() {
        assertThat(header(10, Duration.ZERO)).isEqualTo("\"upstream\";r=10");
        assertThat(header(9, Duration.ofMillis(5001))).isEqualTo("\"upstream\";r=9;t=6");
        assertThat(header(0, Duration.ofMillis(1))).isEqualTo("\"upstream\";r=0;t=1");
    }

    private static String header(long left, Duration untilMore) {
        var response = new MockHttpServletResponse();
        new RateLimit("upstream", 10, Duration.ofMinutes(1), left, untilMore).addTo(response);
        return Objects.requireNonNull(response.getHeader("RateLimit"));
    }
}
