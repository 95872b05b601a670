package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.cryptowrapper.signing.Message;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class BatchResponseTest {

    private static final int LIMIT = 20_000;

    private final Batch batch = refused(1000);

    @Test
    void what_was_written_to_its_end_is_an_array() throws IOException {
        var out = new ByteArrayOutputStream();

        BatchResponse.write(batch, JsonMapper.shared(), out);

        assertThat(JsonMapper.shared().readTree(out.toByteArray())).hasSize(1000);
    }

    @Test
    void what_was_cut_short_does_not_look_whole() {
        var received = new ByteArrayOutputStream();
        var out = new FilterOutputStream(received) {
            private boolean failed;

            @Override
            public void write(byte[] bytes, int from, int length) throws IOException {
                // As with a client that has kept the answer up for too long, and reads on then.
                if (!failed && received.size() > LIMIT) {
                    failed = true;
                    throw new IOException("too slow");
                }
                received.write(bytes, from, length);
            }
        };

        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> BatchResponse.write(batch, JsonMapper.shared(), out));

        assertThat(received.toString(StandardCharsets.UTF_8)).startsWith("[{").doesNotEndWith("]");
    }

    private static Batch refused(int messages) {
        List<Message> all =
                IntStream.range(0, messages).mapToObj(i -> new Message("m" + i)).toList();
        Map<Message, Batch.Outcome> outcomes = all.stream()
                .collect(Collectors.toMap(
                        Function.identity(), message -> new Batch.Outcome.Refused(NotAcceptedException.unkept())));
        return new Batch(all, outcomes);
    }
}
