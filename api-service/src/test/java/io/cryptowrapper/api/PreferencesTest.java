package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PreferencesTest {

    private static final Duration LONGEST = Duration.ofSeconds(60);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "wait=5|5|false",
                "WAIT=5|5|false",
                "wait = 5|5|false",
                "wait=\"5\"|5|false",
                "wait=\"\\5\"|5|false",
                "wait=0|0|false",
                "wait=60|60|false",
                "wait=61|60|false",
                "wait=999999999|60|false",
                "wait=5;strict|5|false",
                "wait=5; strict=yes ; x=\"a,b;c\"|5|false",
                "wait=5, wait=9|5|false",
                "handling=lenient, wait=5|5|false",
                "return=\"a, wait=7\", wait=5|5|false",
                "respond-async||true",
                "Respond-Async||true",
                "respond-async=\"\"||true",
                "respond-async, wait=10|10|true",
                "respond-async;wait=10||true",
                ", ,respond-async ,,\twait=10,|10|true",
                "return=minimal||false",
                "||false",
            })
    void what_is_known_is_read_and_the_rest_left_alone(String line, Long wait, boolean respondAsync) {
        assertThat(read(line == null ? "" : line))
                .isEqualTo(new Preferences(wait == null ? null : Duration.ofSeconds(wait), respondAsync));
    }

    @Test
    void of_several_lines_the_first_counts() {
        assertThat(Preferences.read(List.of("respond-async", "wait=3", "wait=4"), LONGEST))
                .isEqualTo(new Preferences(Duration.ofSeconds(3), true));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "wait",
                "wait=",
                "wait=\"\"",
                "wait=a",
                "wait=-1",
                "wait=+1",
                "wait=1.5",
                "wait=1234567890",
                "wait=٣"
            })
    void a_wait_that_is_no_number_of_seconds_is_named(String line) {
        assertThatThrownBy(() -> read(line))
                .isInstanceOf(MalformedRequestException.class)
                .hasMessageContaining("Prefer");
    }

    @Test
    void a_preference_that_takes_no_value_and_has_one_is_named() {
        assertThatThrownBy(() -> read("respond-async=yes"))
                .isInstanceOf(MalformedRequestException.class)
                .hasMessageContaining("'respond-async' in the header 'Prefer'");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "wait=5 6",
                "=5",
                "wait==5",
                "wait=\"5",
                "wait=5;=",
                "a b",
                "\"wait\"=5",
                "wäit=5",
                "wait=5;x=\"\\"
            })
    void a_line_that_cannot_be_read_is_named(String line) {
        assertThatThrownBy(() -> read(line))
                .isInstanceOf(MalformedRequestException.class)
                .hasMessageContaining("'Prefer'");
    }

    @Test
    void a_line_of_any_length_and_form_ends_soon() {
        for (String piece : List.of("\"", "a=\"\\", ",", ";", "a=", "a;b=\"x\",", " ")) {
            assertThatThrownBy(() -> read("wait=x," + piece.repeat(4000)))
                    .isInstanceOf(MalformedRequestException.class);
            assertThatThrownBy(() -> read("wait=x," + piece.repeat(900 / piece.length())))
                    .isInstanceOf(MalformedRequestException.class);
        }
    }

    private static Preferences read(String line) {
        return Preferences.read(List.of(line), LONGEST);
    }
}
