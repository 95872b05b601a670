package io.cryptowrapper.callbacks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallbackTest {

    private static final Instant NOW = Instant.ofEpochMilli(1_764_000_000_000L);

    private final Callback first = Callback.first(
            "msg_1", URI.create("https://example.com/h?t=1"), "{\"value\":\"\u00e9\"}", NOW.plusNanos(1));

    @Test
    void it_survives_the_way_through_the_queue() {
        Callback second = first.next(NOW.plusSeconds(5));

        assertThat(Callback.read(first.toJson())).isEqualTo(first);
        assertThat(Callback.read(second.toJson())).isEqualTo(second);
        assertThat(second.attempt()).isEqualTo(2);
        assertThat(second.left(NOW)).isEqualTo(Duration.ofSeconds(5));
        assertThat(second.again(NOW)).isEqualTo(first);
    }

    @Test
    void its_form_is_version_1() {
        assertThat(first.toJson())
                .asString(UTF_8)
                .isEqualTo("{\"v\":1,\"id\":\"msg_1\",\"url\":\"https://example.com/h?t=1\","
                        + "\"body\":\"{\\\"value\\\":\\\"\u00e9\\\"}\",\"attempt\":1,"
                        + "\"created_at\":1764000000000,\"due_at\":1764000000000}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{garbage | not the JSON of a callback",
                "{} | not the JSON of a callback",
                "null | not of version 1",
                "{\"v\":2,\"id\":\"i\",\"url\":\"https://e\",\"body\":\"b\",\"attempt\":1,\"created_at\":1,\"due_at\":1}"
                    + " | not of version 1",
                "{\"v\":1,\"url\":\"https://e\",\"body\":\"b\",\"attempt\":1,\"created_at\":1,\"due_at\":1}"
                        + " | without an id, a URL or a body",
                "{\"v\":1,\"id\":\"i\",\"url\":\"https://e\",\"attempt\":1,\"created_at\":1,\"due_at\":1}"
                        + " | without an id, a URL or a body",
                "{\"v\":1,\"id\":\"i\",\"url\":\"https://e\",\"body\":\"b\",\"attempt\":0,\"created_at\":1,\"due_at\":1}"
                    + " | with an id, a URL or an attempt that cannot be",
                "{\"v\":1,\"id\":\"i\",\"url\":\"a b\",\"body\":\"b\",\"attempt\":1,\"created_at\":1,\"due_at\":1}"
                        + " | with an id, a URL or an attempt that cannot be",
                "{\"v\":1,\"id\":\"a"
                    + " b\",\"url\":\"https://e\",\"body\":\"b\",\"attempt\":1,\"created_at\":1,\"due_at\":1} | with"
                    + " an id, a URL or an attempt that cannot be",
                "{\"v\":1,\"id\":\"i\",\"url\":\"https://e\",\"body\":\"b\",\"attempt\":2000000000,\"created_at\":1,"
                        + "\"due_at\":1} | without a number of an attempt"
            })
    void what_cannot_be_read_is_told_without_quoting_it(String payload, String reason) {
        assertThatThrownBy(() -> Callback.read(payload.getBytes(UTF_8)))
                .isInstanceOf(UnreadableCallbackException.class)
                .hasMessage(reason);
    }

    @Test
    void an_id_can_be_sent_in_a_header() {
        assertThatThrownBy(() -> Callback.first("a\r\nb", first.url(), "", NOW))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
