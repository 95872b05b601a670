package io.cryptowrapper.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cryptowrapper.TestRedis;
import io.cryptowrapper.testing.Gate;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

class RedisConnectionsTest {

    /** As at the start of a process, when its own slowness seems to be that of Redis. */
    @Test
    void who_has_more_patience_is_connected_where_others_give_up() {
        try (Gate gate = Gate.to(TestRedis.port())) {
            gate.slow(Duration.ofMillis(100));
            LettuceConnectionFactory like = TestRedis.connect(gate.port());
            LettuceConnectionFactory hasty = RedisConnections.patient(like, Duration.ofMillis(50));
            LettuceConnectionFactory patient = RedisConnections.patient(like, Duration.ofMinutes(1));
            try {
                assertThatThrownBy(() -> ping(hasty)).isInstanceOf(RedisConnectionFailureException.class);
                assertThat(ping(patient)).isEqualTo("PONG");
            } finally {
                patient.destroy();
                hasty.destroy();
                like.destroy();
            }
        }
    }

    private static @Nullable String ping(LettuceConnectionFactory connections) {
        try (RedisConnection connection = connections.getConnection()) {
            return connection.commands().ping();
        }
    }
}
