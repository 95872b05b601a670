package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cryptowrapper.signing.Message;
import java.io.ByteArrayInputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BatchBodyTest {

    private static final int LONGEST = 8;

    @Test
    void messages_are_taken_exactly_as_they_are_and_in_order() {
        assertThat(read(" { \"messages\" : [ \"b\", \"a\" , \"b\", \" \\u00e4\\n"
                        + "\\\"\", \"\\ud83d\\ude00\", \"\\u0000\" ] } \n"))
                .extracting(Message::text)
                .containsExactly("b", "a", "b", " \u00e4\n\"", "\ud83d\ude00", "\0");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        ``                                  | The body is not a JSON object.
        null                                | The body is not a JSON object.
        "a"                                 | The body is not a JSON object.
        ["a"]                               | The body is not a JSON object.
        {}                                  | The field 'messages' is missing.
        {"message":"a"}                     | The body has another field than 'messages'.
        {"Messages":["a"]}                  | The body has another field than 'messages'.
        {"messages":["a"],"x":1}            | The body has another field than 'messages'.
        {"messages":["a"],"messages":["a"]} | The field 'messages' is given more than once.
        {"messages":null}                   | The field 'messages' is not an array.
        {"messages":"a"}                    | The field 'messages' is not an array.
        {"messages":{"0":"a"}}              | The field 'messages' is not an array.
        {"messages":[]}                     | The field 'messages' is empty; at least one message is needed.
        {"messages":["a",""]}               | messages[1] is empty.
        {"messages":["a","b",1]}            | messages[2] is not a string.
        {"messages":[null]}                 | messages[0] is not a string.
        {"messages":[true]}                 | messages[0] is not a string.
        {"messages":["a",{}]}               | messages[1] is not a string.
        {"messages":["a",[]]}               | messages[1] is not a string.
        {"messages":["\\ud83d"]}            | messages[0] has half of a surrogate pair, which is no character.
        {"messages":["\\ude00\\ud83d"]}     | messages[0] has half of a surrogate pair, which is no character.
        {"messages":["a","b\\ud83d c"]}     | messages[1] has half of a surrogate pair, which is no character.
        {"messages":["a"]} {}               | Something follows the JSON object in the body.
        {"messages":["a"]}]                 | The body is not JSON.
        {"messages":["a"]                   | The body is not JSON.
        {"messages":["a","b                 | The body is not JSON, at messages[1].
        {"messages":["a",]}                 | The body is not JSON, at messages[1].
        {"messages":["a" "b"]}              | The body is not JSON, at messages[1].
        {"messages":["a",'b']}              | The body is not JSON, at messages[1].
        {"messages":["a","\\x"]}            | The body is not JSON, at messages[1].
        {"messages":["a",NaN]}              | The body is not JSON, at messages[1].
        {"messages":["a"]} // that's it     | The body is not JSON.
        {messages:["a"]}                    | The body is not JSON.
        message=a                           | The body is not JSON.
        """)
    void what_is_malformed_is_told_where_it_is(String body, String fault) {
        assertRefused(body, 400, fault);
    }

    @Test
    void a_line_break_in_a_string_is_not_json() {
        assertRefused("{\"messages\":[\"a\nb\"]}", 400, "The body is not JSON, at messages[0].");
    }

    @Test
    void deep_nesting_and_endless_numbers_are_refused_where_they_begin() {
        assertRefused("[".repeat(1_000_000), 400, "The body is not a JSON object.");
        assertRefused("{\"messages\":" + "[".repeat(1_000_000), 400, "messages[0] is not a string.");
        assertRefused("{\"a\":".repeat(1_000_000), 400, "The body has another field than 'messages'.");
        assertRefused("{\"messages\":[" + "1".repeat(1_000_000) + "]}", 400, "The body is not JSON, at messages[0].");
        assertRefused("{\"" + "a".repeat(1_000_000) + "\":1}", 400, "The body is not JSON.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"12345678", "\u00e4\u00e4\u00e4\u00e4", "\u20ac\u20ac12", "\ud83d\ude00\ud83d\ude00"})
    void a_message_may_be_as_large_in_utf8_as_it_may_and_no_larger(String longest) {
        assertThat(read("{\"messages\":[\"" + longest + "\"]}")).hasSize(1);
        assertRefused(
                "{\"messages\":[\"a\",\"" + longest + "a\"]}",
                413,
                "messages[1] has 9 bytes in UTF-8; at most 8 are taken.");
    }

    @Test
    void a_thousand_messages_are_taken_and_no_more() {
        assertThat(read(ofMessages(1000))).hasSize(1000).endsWith(new Message("999"));
        assertRefused(ofMessages(1001), 400, "The field 'messages' has more than 1000 messages.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16LE", "UTF-16BE", "UTF-16", "UTF-32BE", "ISO-8859-1"})
    void what_is_not_utf8_is_refused(String charset) {
        assertThatThrownBy(() -> read("{\"messages\":[\"\u00e4\"]}", Charset.forName(charset)))
                .isInstanceOf(MalformedRequestException.class)
                .hasMessageStartingWith("The body is not ");
    }

    @Test
    void bytes_that_are_no_characters_are_refused() {
        assertThatThrownBy(() -> read("{\"messages\":[\"a\",\"\u00e4\"]}", StandardCharsets.ISO_8859_1))
                .hasMessage("The body is not UTF-8.");
    }

    private static String ofMessages(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> "\"" + i + "\"")
                .collect(Collectors.joining(",", "{\"messages\":[", "]}"));
    }

    private static void assertRefused(String body, int status, String fault) {
        assertThatThrownBy(() -> read(body))
                .asInstanceOf(InstanceOfAssertFactories.type(MalformedRequestException.class))
                .satisfies(refused -> {
                    assertThat(refused).hasMessage(fault);
                    assertThat(refused.status().value()).isEqualTo(status);
                });
    }

    private static List<Message> read(String body) {
        return read(body, StandardCharsets.UTF_8);
    }

    private static List<Message> read(String body, Charset charset) {
        return BatchBody.read(new ByteArrayInputStream(body.getBytes(charset)), LONGEST);
    }
}
