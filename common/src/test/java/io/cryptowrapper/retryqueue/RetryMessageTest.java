package io.cryptowrapper.retryqueue;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cryptowrapper.signing.Message;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetryMessageTest {

    private static final RetryMessage MESSAGE =
            new RetryMessage(new Message("a \"b\"\né😀"), 3, Instant.ofEpochMilli(1_764_000_000_000L));

    @Test
    void it_travels_as_this_json_and_is_read_again() {
        byte[] json = MESSAGE.toJson();

        assertThat(new String(json, UTF_8)).isEqualTo("""
            {"v":1,"message":"a \\"b\\"\\né😀","attempt":3,"accepted_at":1764000000000}\
            """);
        assertThat(RetryMessage.read(json)).isEqualTo(MESSAGE);
    }

    @Test
    void a_field_that_this_version_does_not_know_does_no_harm() {
        String json = "{\"v\":1,\"message\":\"m\",\"attempt\":1,\"accepted_at\":0,\"new\":[]}";

        assertThat(RetryMessage.read(json.getBytes(UTF_8)).message()).isEqualTo(new Message("m"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "null",
                "[]",
                "17",
                "\"m\"",
                "{",
                "{}",
                "{\"v\":2,\"message\":\"private\",\"attempt\":1,\"accepted_at\":0}",
                "{\"v\":1,\"attempt\":1,\"accepted_at\":0}",
                "{\"v\":1,\"message\":\"\",\"attempt\":1,\"accepted_at\":0}",
                "{\"v\":1,\"message\":\"private\",\"attempt\":0,\"accepted_at\":0}",
                "{\"v\":1,\"message\":\"private\",\"attempt\":1000000001,\"accepted_at\":0}",
                "{\"v\":1,\"message\":\"private\",\"attempt\":2147483647,\"accepted_at\":0}",
                "{\"v\":1,\"message\":\"private\",\"accepted_at\":0}",
                "{\"v\":1,\"message\":\"private\",\"attempt\":\"private\",\"accepted_at\":0}",
                "{\"v\":1,\"message\":[\"private\"],\"attempt\":1,\"accepted_at\":0}"
            })
    void what_cannot_be_read_is_told_without_quoting_it(String payload) {
        assertThatThrownBy(() -> RetryMessage.read(payload.getBytes(UTF_8)))
                .isInstanceOf(RetryMessage.UnreadableException.class)
                .message()
                .doesNotContain("private")
                .isNotBlank();
    }

    @Test
    void a_time_far_away_is_not_an_error() {
        String json = "{\"v\":1,\"message\":\"m\",\"attempt\":1,\"accepted_at\":9223372036854775807}";

        assertThat(RetryMessage.read(json.getBytes(UTF_8)).acceptedAt()).isAfter(Instant.EPOCH);
    }
}
