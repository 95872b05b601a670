package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.results.WaitingLine;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.SigningStatus;
import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.testing.EventClient;
import io.cryptowrapper.testing.EventClient.Event;
import io.cryptowrapper.testing.RawHttp;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that follow a message by server-sent events. */
@Timeout(60)
class StreamTest extends SharedApiTest {

    private static final String EVENTS = "Accept: text/event-stream";

    @BeforeEach
    void upstreamIsDown() {
        upstreamDoes(Behaviour.Answer.text(502, "down"));
    }

    @Test
    void who_follows_a_message_is_told_how_it_stands_and_then_its_signature_and_the_stream_ends() throws Exception {
        try (EventClient client = follow(api)) {
            assertThat(client.status()).isEqualTo(200);
            assertThat(client.header("Content-Type").orElseThrow()).startsWith("text/event-stream");
            assertThat(client.header("Cache-Control")).contains("no-store");
            assertThat(client.header("X-Accel-Buffering")).contains("no");
            Event pending = client.next();
            assertThat(pending.name()).isEqualTo("pending");
            assertThat(pending.data())
                    .matches("\\{\"last_status_code\":502,\"message\":\"" + message
                            + "\",\"next_attempt\":\"20..-..-..T..:..:..Z\",\"place\":[0-9]+,\"retries\":0,"
                            + "\"retry_in_seconds\":[0-9]+,\"success\":false,\"value\":\"down\"}");

            store(new SigningStatus.Signed(SIGNATURE));

            Event signed = client.nextNamed("signed");
            assertThat(signed.data()).isEqualTo("""
                {"last_status_code":200,"message":"%s","success":true,"value":"c2ln"}\
                """.formatted(message));
            assertThat(signed.id()).isNotEqualTo(pending.id());
            assertThat(client.isAtEnd()).isTrue();
            assertThat(client.reconnectTime()).isBetween(1000L, 2999L);
        }
        await().until(() -> api.part(Streams.class).count() == 0);
    }

    @Test
    void a_rejection_ends_the_stream_too() throws Exception {
        try (EventClient client = follow(api)) {
            store(new SigningStatus.Rejected(new Failure(422, "not this one")));

            assertThat(client.nextNamed("rejected").data()).isEqualTo("""
                {"last_status_code":422,"message":"%s","success":false,"value":"not this one"}\
                """.formatted(message));
            assertThat(client.isAtEnd()).isTrue();
        }
    }

    @Test
    void what_is_known_already_is_told_at_once() throws Exception {
        store(new SigningStatus.Signed(SIGNATURE));

        try (EventClient client = follow(api)) {
            assertThat(client.next().name()).isEqualTo("signed");
            assertThat(client.isAtEnd()).isTrue();
        }
    }

    @Test
    void another_failed_attempt_is_told_at_any_instance() throws Exception {
        try (EventClient one = follow(api);
                EventClient two = follow(other)) {
            one.next();
            two.next();

            fail("busy", 2);

            for (EventClient client : new EventClient[] {one, two}) {
                Event event = client.nextThat(told -> told.data().contains("\"value\":\"busy\""));
                assertThat(event.name()).isEqualTo("pending");
                assertThat(event.data()).contains("\"last_status_code\":503", "\"retries\":1");
            }
        }
    }

    @Test
    void who_moves_up_in_the_line_is_told_so() throws Exception {
        for (int i = 0; i < 3; i++) {
            api.part(WaitingLine.class).join(new Message("before " + i + message).id(), Duration.ofMillis(1));
        }
        try (EventClient client = follow(api)) {
            long place = place(client.next());

            api.part(WaitingLine.class).leave(new Message("before 0" + message).id());

            assertThat(place(client.nextThat(told -> place(told) < place))).isEqualTo(place - 1);
        }
    }

    @Test
    void nothing_is_told_twice() throws Exception {
        try (EventClient client = follow(api)) {
            client.next();
            for (int i = 0; i < 5; i++) {
                store(new SigningStatus.Pending(
                        new Message(message), new Failure(502, "down"), 1, java.time.Instant.now()));
            }
            store(new SigningStatus.Signed(SIGNATURE));

            client.nextNamed("signed");
            assertThat(client.told().stream().map(Event::id)).doesNotHaveDuplicates();
        }
    }

    @Test
    void who_comes_back_is_told_only_what_is_new() throws Exception {
        String seen;
        try (EventClient client = follow(api)) {
            seen = client.next().id();
        }

        try (EventClient client = EventClient.open(other.port(), target(), EVENTS, "Last-Event-ID: " + seen)) {
            await().until(() -> other.part(Streams.class).count() == 1);
            store(new SigningStatus.Signed(SIGNATURE));

            Event signed = client.nextNamed("signed");
            assertThat(client.told()).noneMatch(event -> event.id().equals(seen));
            String end = signed.id();
            RawHttp.Response again = api.get(target(), EVENTS, "Last-Event-ID: " + end);
            assertThat(again.status()).isEqualTo(204);
            assertThat(again.body()).isEmpty();
        }
    }

    @Test
    void the_end_of_another_message_is_not_the_end_of_this_one() throws Exception {
        try (EventClient client =
                EventClient.open(api.port(), target(), EVENTS, "Last-Event-ID: s-0123456789ab-01234567")) {
            assertThat(client.next().name()).isEqualTo("pending");
        }
    }

    @Test
    void a_stop_ends_all_streams_and_another_instance_goes_on() throws Exception {
        RunningApi own = RunningApi.on(DATABASE, upstream.baseUrl());
        try (EventClient client = follow(own)) {
            String seen = client.next().id();
            own.close();
            assertThat(client.isAtEnd()).isTrue();

            try (EventClient back = EventClient.open(api.port(), target(), EVENTS, "Last-Event-ID: " + seen)) {
                store(new SigningStatus.Signed(SIGNATURE));
                assertThat(back.nextNamed("signed").data()).contains("c2ln");
            }
        }
    }

    @Test
    void what_changes_while_redis_cannot_be_reached_is_told_afterwards() throws Exception {
        try (EventClient client = follow(api)) {
            client.next();
            api.toRedis().cut();
            store(new SigningStatus.Signed(SIGNATURE));
            api.toRedis().open();

            assertThat(client.nextNamed("signed").data()).contains("c2ln");
        }
    }

    @Test
    void while_redis_is_away_a_client_is_told_what_it_would_have_been_answered() throws Exception {
        api.toRedis().cut();
        try (EventClient client = follow(api)) {
            assertThat(client.next().data())
                    .contains("\"last_status_code\":429", "\"next_attempt\":")
                    .doesNotContain("\"place\"", "\"retries\"");
        }
    }

    @Test
    void a_client_that_goes_leaves_its_place() throws Exception {
        RunningApi own = RunningApi.on(DATABASE, upstream.baseUrl(), Map.of("crypto.waiting.max-at-once", "1"));
        try (own) {
            try (EventClient client = follow(own)) {
                client.next();
                RawHttp.Response refused = own.get(target(), EVENTS);
                assertThat(refused.status()).isEqualTo(503);
                assertThat(refused.header("Content-Type")).contains("application/problem+json");
                assertThat(refused.header("Retry-After")).isPresent();
            }
            // It is noticed with the next event.
            AtomicInteger attempt = new AtomicInteger(1);
            await().ignoreExceptions().until(() -> {
                fail("again", attempt.incrementAndGet());
                return own.part(Streams.class).count() == 0;
            });
            store(new SigningStatus.Signed(SIGNATURE));
            for (int i = 0; i < 3; i++) {
                try (EventClient client = follow(own)) {
                    assertThat(client.next().name()).isEqualTo("signed");
                    assertThat(client.isAtEnd()).isTrue();
                }
                await().until(() -> own.get(target(), EVENTS).status() == 200);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "text/event-stream                          | true",
                "text/event-stream, application/json;q=0.9  | true",
                "text/event-stream, application/json        | true",
                "TEXT/Event-Stream;q=0.5, */*;q=0.1         | true",
                "text/event-stream;q=0.5, application/json  | false",
                "text/event-stream;q=0                      | false",
                "text/*                                     | false",
                "*/*                                        | false",
                "application/json                           | false",
                "text/html                                  | false",
                "text/event-stream;q=many                   | false",
                "text/event-stream/                         | false",
                "{}                                         | false"
            })
    void only_who_names_events_and_likes_them_best_gets_them(String accept, boolean events) throws Exception {
        store(new SigningStatus.Signed(SIGNATURE));

        RawHttp.Response response = api.get(target(), "Accept: " + accept);

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.header("Content-Type").orElseThrow())
                .startsWith(events ? "text/event-stream" : "application/json");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"1", "p-", "s-0123456789ab-0123456", "x-0123456789ab-01234567", "s-0123456789AB-01234567", ""})
    void an_id_that_is_none_is_refused_and_touches_nothing(String last) throws Exception {
        RawHttp.Response response = api.get(target(), EVENTS, "Last-Event-ID: " + last);

        assertThat(response.status()).isEqualTo(400);
        assertThat(response.header("Content-Type")).contains("application/problem+json");
        assertThat(response.body()).contains("'Last-Event-ID'");
        assertThat(api.part(SignatureStore.class).find(id)).isEmpty();
    }

    @Test
    void to_look_at_the_headers_is_not_to_follow() throws Exception {
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), api.port())) {
            client.setSoTimeout(20_000);
            client.getOutputStream()
                    .write(("HEAD " + target() + " HTTP/1.1\r\nHost: localhost\r\n" + EVENTS
                                    + "\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));

            assertThat(RawHttp.read(client).header("Content-Type").orElseThrow())
                    .startsWith("application/json");
        }
        assertThat(api.part(Streams.class).count()).isZero();
    }

    @Test
    void who_joins_when_the_message_ends_keeps_no_place() throws Exception {
        for (int i = 0; i < 20; i++) {
            String text = message + i;
            String target = "/crypto/sign?message=" + text;
            try (EventClient first = EventClient.open(api.port(), target, EVENTS)) {
                first.next();
                Thread ends = Thread.ofVirtual().start(() -> store(text, new SigningStatus.Signed(SIGNATURE)));
                for (int joining = 0; joining < 5; joining++) {
                    try (EventClient client = EventClient.open(api.port(), target, EVENTS)) {
                        client.nextNamed("signed");
                    }
                }
                ends.join();
            }
        }
        await().until(() ->
                api.part(Streams.class).count() == 0 && api.part(Watches.class).count() == 0);
    }

    @Test
    void a_malformed_request_for_events_gets_a_problem() throws Exception {
        RawHttp.Response response = api.get("/crypto/sign", EVENTS);

        assertThat(response.status()).isEqualTo(400);
        assertThat(response.header("Content-Type")).contains("application/problem+json");
    }

    private EventClient follow(RunningApi asked) throws IOException {
        return EventClient.open(asked.port(), target(), EVENTS);
    }

    private static long place(Event event) {
        return Long.parseLong(event.data().replaceAll(".*\"place\":([0-9]+).*", "$1"));
    }

    /** As a worker does after a failed attempt. */
    private void fail(String why, int attempt) {
        store(new SigningStatus.Pending(new Message(message), new Failure(503, why), attempt, java.time.Instant.now()));
    }
}
