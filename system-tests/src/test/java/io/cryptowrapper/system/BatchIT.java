package io.cryptowrapper.system;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.testing.EventClient;
import io.cryptowrapper.testing.RawHttp;
import io.cryptowrapper.testing.Stage;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two packaged APIs and a worker: a thousand messages in one request are all signed, and either API says so. */
@Tag(Stage.SYSTEM)
@Timeout(300)
class BatchIT {

    private static final int MESSAGES = 1000;

    private final Programs one = SharedSystem.get().one();
    private final Programs other = SharedSystem.get().other();

    @Test
    void a_thousand_messages_are_accepted_together_all_signed_and_each_end_is_sent_to_a_client_that_follows()
            throws Exception {
        String json = batch("together", MESSAGES);
        // A process that has just started refuses what it cannot do in time: the client sends it again.
        await().untilAsserted(() -> {
            RawHttp.Response response = RawHttp.post(one.port(), "/crypto/sign", json);
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.body().split("\"message\":\"", -1)).hasSize(MESSAGES + 1);
            assertThat(response.body()).doesNotContain("\"status\":503");
        });

        try (EventClient client = EventClient.post(other.port(), "/crypto/sign", json, "Accept: text/event-stream")) {
            assertThat(client.next().name()).isEqualTo("progress");
            assertThat(client.nextNamed("done").data())
                    .isEqualTo("{\"done\":1000,\"refused\":0,\"rejected\":0,\"signed\":1000,\"total\":1000}");
            List<Integer> indexes = client.told().stream()
                    .filter(event -> event.name().equals("signed"))
                    .map(event -> Integer.parseInt(event.data().replaceAll("^\\{\"index\":(\\d+),.*", "$1")))
                    .sorted()
                    .toList();
            assertThat(indexes).isEqualTo(IntStream.range(0, MESSAGES).boxed().toList());
        }
        await().untilAsserted(() -> assertThat(
                        RawHttp.post(one.port(), "/crypto/sign", json).body())
                .doesNotContain("\"success\":false"));
        // A call whose answer comes too late is made again.
        assertThat(SharedSystem.get().upstream().calls().stream()
                        .filter(call -> call.message().startsWith("together"))
                        .count())
                .isBetween((long) MESSAGES, MESSAGES + 10L);
    }

    private static String batch(String prefix, int messages) {
        return IntStream.range(0, messages)
                .mapToObj(i -> "\"" + prefix + " " + i + "\"")
                .collect(joining(",", "{\"messages\":[", "]}"));
    }
}
