package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.SigningStatus;
import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.testing.EventClient;
import io.cryptowrapper.testing.EventClient.Event;
import io.cryptowrapper.testing.RawHttp;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that wait until all messages of a batch have ended, or follow them. */
@Timeout(60)
class BatchStayTest extends SharedApiTest {

    private static final SigningStatus SIGNED = new SigningStatus.Signed(SIGNATURE);
    private static final SigningStatus REJECTED = new SigningStatus.Rejected(new Failure(422, "not this one"));
    private static final String EVENTS = "Accept: text/event-stream";

    private final String one = message;
    private final String two = RunningApi.newMessage();

    @BeforeEach
    void upstreamIsDown() {
        upstreamDoes(Behaviour.Answer.text(502, "down"));
    }

    @AfterEach
    void endTheOtherMessage() {
        store(two, SIGNED);
    }

    @Test
    void who_waits_is_answered_when_the_last_message_has_ended() throws Exception {
        try (Socket client = RawHttp.openPost(api.port(), "/crypto/sign", json(one, two, one), "Prefer: wait=30")) {
            awaitWatched(2);
            store(one, SIGNED);
            awaitWatched(2);
            store(two, REJECTED);

            RawHttp.Response response = RawHttp.read(client);

            String signed =
                    "{\"last_status_code\":200,\"message\":\"" + one + "\",\"success\":true,\"value\":\"c2ln\"}";
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.body())
                    .isEqualTo("[" + signed + ",{\"last_status_code\":422,\"message\":\"" + two
                            + "\",\"success\":false,\"value\":\"not this one\"}," + signed + "]");
            assertThat(response.header("Preference-Applied")).contains("wait=30");
            assertThat(response.header("Retry-After")).isEmpty();
        }
        awaitWatched(0);
        awaitAllPlaces();
    }

    @Test
    void who_has_waited_long_enough_is_told_how_each_stands_then() throws Exception {
        try (Socket client =
                RawHttp.openPost(api.port(), "/crypto/sign", json(one, two), "Prefer: respond-async, wait=1")) {
            awaitWatched(2);
            store(one, SIGNED);

            RawHttp.Response response = RawHttp.read(client);

            assertThat(response.status()).isEqualTo(202);
            assertThat(response.body()).contains("\"success\":true", "\"retry_in_seconds\":");
            assertThat(response.header("Preference-Applied")).contains("respond-async, wait=1");
            assertThat(response.header("Location")).isEmpty();
            assertThat(response.header("Retry-After")).isPresent();
        }
        awaitAllPlaces();
    }

    @Test
    void who_does_not_wait_is_told_by_the_status_whether_all_have_ended() throws Exception {
        assertThat(post("Prefer: respond-async").status()).isEqualTo(202);
        store(one, SIGNED);
        store(two, REJECTED);

        RawHttp.Response response = post("Prefer: respond-async");

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.header("Preference-Applied")).isEmpty();
    }

    @Test
    void a_batch_that_finds_too_few_places_is_answered_at_once_and_gets_no_events() throws Exception {
        try (RunningApi own = RunningApi.on(DATABASE, upstream.baseUrl(), Map.of("crypto.waiting.max-at-once", "5"))) {
            String many = json(one, two, one, one, one, one);

            RawHttp.Response response = RawHttp.post(own.port(), "/crypto/sign", many, "Prefer: wait=30");
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.header("Preference-Applied")).isEmpty();

            RawHttp.Response refused = RawHttp.post(own.port(), "/crypto/sign", many, EVENTS);
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.body()).contains("CRYPTO_WAITING_MAX_AT_ONCE");
            awaitPlaces(own, 5);
        }
    }

    @Test
    void who_follows_is_told_each_end_where_it_belongs_and_how_many_there_are() throws Exception {
        store(two, REJECTED);
        try (EventClient client = EventClient.post(api.port(), "/crypto/sign", json(one, two, one), EVENTS)) {
            assertThat(client.status()).isEqualTo(200);
            assertThat(client.header("Content-Type").orElseThrow()).startsWith("text/event-stream");
            assertThat(client.header("Cache-Control")).contains("no-store");
            assertThat(client.next())
                    .isEqualTo(new Event(
                            "progress", "1", "{\"done\":0,\"refused\":0,\"rejected\":0,\"signed\":0,\"total\":3}"));
            assertThat(client.next())
                    .isEqualTo(new Event(
                            "rejected",
                            "2",
                            "{\"index\":1,\"last_status_code\":422,\"message\":\"" + two
                                    + "\",\"success\":false,\"value\":\"not this one\"}"));
            assertThat(client.next().data())
                    .isEqualTo("{\"done\":1,\"refused\":0,\"rejected\":1,\"signed\":0,\"total\":3}");

            store(one, SIGNED);

            for (int index : new int[] {0, 2}) {
                assertThat(client.nextNamed("signed").data())
                        .isEqualTo("{\"index\":" + index + ",\"last_status_code\":200,\"message\":\"" + one
                                + "\",\"success\":true,\"value\":\"c2ln\"}");
            }
            assertThat(client.nextNamed("done").data())
                    .isEqualTo("{\"done\":3,\"refused\":0,\"rejected\":1,\"signed\":2,\"total\":3}");
            assertThat(client.isAtEnd()).isTrue();
            assertThat(client.told().stream().map(Event::id)).doesNotHaveDuplicates();
        }
        awaitWatched(0);
        awaitAllPlaces();
    }

    @Test
    void who_goes_away_leaves_no_place_behind() throws Exception {
        try (EventClient client = EventClient.post(api.port(), "/crypto/sign", json(one, two), EVENTS)) {
            client.next();
        }

        // Something must be sent before it is noticed.
        await().untilAsserted(() -> {
            api.part(Watches.class).count();
            store(one, SIGNED);
            store(two, SIGNED);
            assertThat(api.part(Watches.class).count()).isZero();
        });
        awaitAllPlaces();
    }

    @Test
    void whoever_is_followed_when_the_api_stops_is_told_to_come_back() throws Exception {
        RunningApi own = RunningApi.on(DATABASE, upstream.baseUrl());
        try (EventClient client = EventClient.post(own.port(), "/crypto/sign", json(one, two), EVENTS)) {
            client.next();
            own.close();
            assertThat(client.isAtEnd()).isTrue();
        }
    }

    private static String json(String... messages) {
        return BatchTest.json(List.of(messages));
    }

    private RawHttp.Response post(String header) throws Exception {
        return RawHttp.post(api.port(), "/crypto/sign", json(one, two), header);
    }

    private static void awaitWatched(int messages) {
        await().until(() -> api.part(Watches.class).count() == messages);
    }

    private static void awaitAllPlaces() {
        awaitPlaces(api, api.part(CryptoSettings.class).waiting().maxAtOnce());
    }

    private static void awaitPlaces(RunningApi asked, int places) {
        await().untilAsserted(() -> {
            Optional<Lease> all = asked.part(Places.class).lease(places);
            all.ifPresent(Lease::close);
            assertThat(all).isPresent();
        });
    }
}
