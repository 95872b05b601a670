package io.cryptowrapper.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageTest {

    @Test
    void an_id_is_the_sha_256_of_the_utf_8_bytes() {
        // As `printf 'hé😀' | sha256sum` prints it.
        assertThat(new Message("hé😀").id().hex())
                .isEqualTo("b8253ee7fe8594b9314cc12c7a9ffeeeab11e7ba9d883e083cab7c78f15dd605");
    }

    @Test
    void texts_that_look_alike_have_different_ids() {
        assertThat(new Message("é").id()).isNotEqualTo(new Message("e\u0301").id());
        assertThat(new Message("a").id()).isNotEqualTo(new Message("a ").id());
    }

    @Test
    void a_message_prints_as_the_start_of_its_id_and_never_as_its_text() {
        Message message = new Message("private");

        assertThat(message).hasToString(message.id().hex().substring(0, 12));
        assertThat(new SigningStatus.Pending(message, new Failure(502, "down"), 1, java.time.Instant.EPOCH).toString())
                .doesNotContain("private");
    }

    @Test
    void there_is_no_empty_message() {
        assertThatThrownBy(() -> new Message("")).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "abc", "ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789"})
    void an_id_is_64_digits_in_lower_case(String hex) {
        assertThatThrownBy(() -> new MessageId(hex)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\r\n"})
    void nothing_visible_is_no_signature(String text) {
        assertThatThrownBy(() -> new Signature(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
