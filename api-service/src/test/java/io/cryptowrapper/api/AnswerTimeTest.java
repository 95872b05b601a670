package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.signing.SigningStatus;
import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.testing.RawHttp;
import io.cryptowrapper.testing.Stage;
import io.cryptowrapper.testing.Timing;
import java.io.IOException;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How soon clients are answered, whatever upstream, Redis and RabbitMQ are doing. */
@Tag(Stage.TIMING)
@Timeout(120)
class AnswerTimeTest extends SharedApiTest {

    private static final Duration PROMISED = Duration.ofSeconds(2);
    private static final Behaviour HANGS = new Behaviour.Hang(Duration.ofSeconds(20));
    private static final Behaviour DOWN = Behaviour.Answer.text(502, "down");

    /** What is wrong while a client is answered. */
    enum Trouble {
        UPSTREAM_HANGS,
        RABBITMQ_CUT,
        RABBITMQ_SILENT,
        REDIS_CUT,
        REDIS_SILENT,
        REDIS_SLOW_AND_UPSTREAM_HANGS,
        BOTH_CUT,
        BOTH_SILENT,
        BOTH_SILENT_DURING_A_CALL_THAT_HANGS;

        /** Where nothing can be promised. */
        private static final Set<Trouble> REFUSED =
                EnumSet.of(BOTH_CUT, BOTH_SILENT, BOTH_SILENT_DURING_A_CALL_THAT_HANGS);

        void begin() {
            switch (this) {
                case UPSTREAM_HANGS -> upstreamDoes(HANGS);
                // The first call fails, so that there is something to queue.
                case RABBITMQ_CUT -> {
                    upstreamDoes(DOWN);
                    api.toBroker().cut();
                }
                case RABBITMQ_SILENT -> {
                    upstreamDoes(DOWN);
                    api.toBroker().silence();
                }
                case REDIS_CUT -> api.toRedis().cut();
                case REDIS_SILENT -> api.toRedis().silence();
                case REDIS_SLOW_AND_UPSTREAM_HANGS -> {
                    upstreamDoes(HANGS);
                    api.toRedis().slow(Duration.ofMillis(150));
                }
                case BOTH_CUT -> {
                    api.toRedis().cut();
                    api.toBroker().cut();
                }
                case BOTH_SILENT -> {
                    api.toRedis().silence();
                    api.toBroker().silence();
                }
                case BOTH_SILENT_DURING_A_CALL_THAT_HANGS ->
                    upstream.follow(called -> {
                        BOTH_SILENT.begin();
                        return Optional.of(HANGS);
                    });
            }
        }

        int status() {
            return REFUSED.contains(this) ? 503 : 200;
        }
    }

    /** The first requests of a JVM are slower, as the README says under Limits. */
    @BeforeAll
    static void warmUp() throws IOException {
        upstreamDoes(HANGS);
        post(api, messages("warm " + RunningApi.newMessage(), 100));
        upstream.follow(called -> Optional.empty());
        for (int i = 0; i < 20; i++) {
            api.sign(RunningApi.newMessage());
            other.sign(RunningApi.newMessage());
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_new_message_is_answered_within_two_seconds(Trouble trouble) throws Exception {
        Timing.best(PROMISED, () -> {
            repair();
            trouble.begin();
            return Timing.timeOf(
                    () -> assertThat(api.sign(RunningApi.newMessage()).status()).isEqualTo(trouble.status()));
        });
    }

    @Test
    void what_is_accepted_in_time_while_redis_is_slow_and_the_upstream_hangs_is_queued_once() throws Exception {
        Timing.best(PROMISED, () -> {
            repair();
            Trouble.REDIS_SLOW_AND_UPSTREAM_HANGS.begin();
            String text = RunningApi.newMessage();
            Duration took = Timing.timeOf(() ->
                    assertThat(api.sign(text).body()).contains("\"last_status_code\":504", "\"retry_in_seconds\":600"));
            QueuedMessages.awaitOnce(text);
            return took;
        });
    }

    @ParameterizedTest
    @EnumSource(names = {"REDIS_CUT", "REDIS_SILENT", "BOTH_CUT", "BOTH_SILENT", "RABBITMQ_SILENT"})
    void a_known_signature_is_answered_within_two_seconds(Trouble trouble) throws Exception {
        Timing.best(PROMISED, () -> {
            repair();
            api.sign(message);
            trouble.begin();
            return Timing.timeOf(() -> assertThat(api.sign(message).body()).contains("\"success\":true"));
        });
    }

    @ParameterizedTest
    @EnumSource(names = {"REDIS_CUT", "REDIS_SILENT", "REDIS_SLOW_AND_UPSTREAM_HANGS"})
    void a_request_for_a_callback_is_answered_within_two_seconds(Trouble trouble) throws Exception {
        String url = URLEncoder.encode("https://127.0.0.1:1/hook", StandardCharsets.UTF_8);
        Timing.best(PROMISED, () -> {
            repair();
            trouble.begin();
            String target = "/crypto/sign?message=" + RunningApi.newMessage() + "&callback_url=" + url;
            return Timing.timeOf(() -> assertThat(api.get(target).status()).isIn(200, 503));
        });
    }

    @ParameterizedTest
    @EnumSource(names = {"REDIS_CUT", "REDIS_SILENT"})
    void a_request_to_verify_is_answered_within_two_seconds(Trouble trouble) throws Exception {
        Timing.best(PROMISED, () -> {
            repair();
            trouble.begin();
            return Timing.timeOf(() -> assertThat(VerifyTest.verify(api, RunningApi.newMessage(), "c2ln")
                            .status())
                    .isEqualTo(503));
        });
    }

    @ParameterizedTest
    @EnumSource(names = {"UPSTREAM_HANGS", "RABBITMQ_SILENT", "REDIS_CUT", "BOTH_CUT"})
    void a_hundred_messages_in_one_request_are_answered_within_two_seconds(Trouble trouble) throws Exception {
        Timing.best(PROMISED, () -> {
            repair();
            List<String> messages = messages(RunningApi.newMessage(), 100);
            trouble.begin();
            return Timing.timeOf(() -> {
                RawHttp.Response response = post(api, messages);
                assertThat(response.status()).isEqualTo(trouble.status());
                if (trouble == Trouble.UPSTREAM_HANGS) {
                    assertThat(response.body()).doesNotContain("\"status\":503");
                }
            });
        });
    }

    @Test
    void a_thousand_known_messages_are_answered_within_two_seconds() throws Exception {
        List<String> messages = messages(message, 1000);
        messages.forEach(known -> store(known, new SigningStatus.Signed(SIGNATURE)));

        Timing.within(PROMISED, () -> assertThat(post(api, messages).body()).doesNotContain("\"success\":false"));
    }

    @Test
    void a_thousand_new_messages_are_all_accepted_within_two_seconds() throws Exception {
        try (RunningApi own = BatchTest.withSmallQuota()) {
            Timing.within(PROMISED, () -> assertThat(acceptAThousand(own)).doesNotContain("\"status\":503"));
        }
    }

    @Test
    void a_thousand_new_messages_are_all_accepted_within_two_seconds_though_redis_is_slow() throws Exception {
        try (RunningApi own = BatchTest.withSmallQuota()) {
            acceptAThousand(own);
            own.toRedis().slow(Duration.ofMillis(100));

            Timing.within(PROMISED, () -> assertThat(acceptAThousand(own)).doesNotContain("\"status\":503"));
        }
    }

    @Test
    void a_hundred_requests_for_one_call_that_hangs_are_answered_within_two_seconds() throws Exception {
        upstreamDoes(HANGS);

        Timing.within(
                PROMISED,
                () -> assertThat(OneCallTest.askAtOnce(RunningApi.newMessage()))
                        .allSatisfy(answer -> assertThat(answer.body()).contains("\"last_status_code\":504")));
    }

    @Test
    void the_time_until_a_request_is_looked_at_counts() throws Exception {
        upstreamDoes(HANGS);
        try (RunningApi slow = RunningApi.on(TestServers.newDatabase(), upstream.baseUrl(), SlowWebLayer.SETTINGS)) {
            Timing.best(PROMISED, () -> {
                Duration took = Timing.timeOf(() ->
                        assertThat(slow.sign(RunningApi.newMessage()).body()).contains("\"last_status_code\":504"));
                assertThat(took).isGreaterThan(SlowWebLayer.DELAY);
                return took;
            });
        }
    }

    @Test
    void while_the_limit_of_requests_is_reached_others_are_refused_within_100_ms() throws Exception {
        upstreamDoes(HANGS);
        try (RunningApi own = RunningApi.on(
                TestServers.newDatabase(), upstream.baseUrl(), Map.of("crypto.requests.max-at-once", "1"))) {
            Timing.best(Duration.ofMillis(100), () -> {
                String inside = RunningApi.newMessage();
                try (Socket client = RawHttp.open(own.port(), "/crypto/sign?message=" + inside)) {
                    await().until(() -> calls(inside) == 1);
                    Duration took = Timing.timeOf(
                            () -> assertThat(own.sign(RunningApi.newMessage()).status())
                                    .isEqualTo(503));
                    RawHttp.read(client);
                    return took;
                }
            });
        }
    }

    @Test
    void from_the_store_to_the_answer_of_a_client_that_waits_it_takes_less_than_50_ms() throws Exception {
        upstreamDoes(DOWN);
        Timing.best(Duration.ofMillis(50), () -> {
            List<Duration> times = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                times.add(fromStoreToAnswer(i % 2 == 0 ? api : other));
            }
            Collections.sort(times);
            return times.get(times.size() / 2);
        });
    }

    private static Duration fromStoreToAnswer(RunningApi asked) throws Exception {
        String text = RunningApi.newMessage();
        try (Socket client = RawHttp.open(asked.port(), "/crypto/sign?message=" + text, "Prefer: wait=30")) {
            await().until(() -> asked.part(Watches.class).count() == 1);
            store(text, new SigningStatus.Signed(SIGNATURE));
            return Timing.timeOf(() -> assertThat(RawHttp.read(client).body()).contains("\"success\":true"));
        }
    }

    private static String acceptAThousand(RunningApi asked) throws IOException {
        return post(asked, messages(RunningApi.newMessage(), 1000)).body();
    }

    private static RawHttp.Response post(RunningApi asked, List<String> messages) throws IOException {
        return RawHttp.post(asked.port(), "/crypto/sign", BatchTest.json(messages));
    }

    private static List<String> messages(String prefix, int howMany) {
        return IntStream.range(0, howMany).mapToObj(i -> prefix + "-" + i).toList();
    }
}
