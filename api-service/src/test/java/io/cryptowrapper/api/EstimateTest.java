package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.results.Backlog;
import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.testing.RawHttp;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a client is told to come back. */
class EstimateTest {

    private static final Pattern SECONDS = Pattern.compile("\"retry_in_seconds\":(\\d+),");

    private static final UpstreamSimulator upstream = TestServers.upstream();
    private static RunningApi api;

    @BeforeAll
    static void start() {
        api = RunningApi.on(TestServers.newDatabase(), upstream.baseUrl(), Map.of("crypto.retry.delays", "6s"));
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    @BeforeEach
    void anEmptyLine() {
        upstream.follow(called -> Optional.of(Behaviour.Answer.text(502, "down")));
        api.redis().delete("sign:line");
        // As if there were a worker: without, estimates grow after a while.
        api.part(Backlog.class).report(0);
    }

    @Test
    void each_message_is_told_its_own_turn() throws Exception {
        List<Integer> seconds = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            seconds.add(secondsIn(api.sign(RunningApi.newMessage())));
        }

        // 6 s until the first is due, and 6 s for each one ahead; less what has passed meanwhile.
        for (int place = 0; place < seconds.size(); place++) {
            assertThat(seconds.get(place)).isBetween(6 * (place + 1) - 2, 6 * (place + 1));
        }
    }

    @Test
    void it_is_fresh_at_each_poll() throws Exception {
        api.sign(RunningApi.newMessage());
        String message = RunningApi.newMessage();
        assertThat(secondsIn(api.sign(message))).isIn(11, 12);

        await().untilAsserted(() -> assertThat(secondsIn(api.sign(message))).isLessThanOrEqualTo(10));
        // The message ahead is signed.
        api.redis().opsForZSet().popMin("sign:line");
        assertThat(secondsIn(api.sign(message))).isLessThanOrEqualTo(5);
    }

    @Test
    void it_is_never_below_one_even_if_the_turn_is_overdue() throws Exception {
        String message = RunningApi.newMessage();
        api.sign(message);
        String id = new io.cryptowrapper.signing.Message(message).id().hex();
        api.redis().opsForZSet().add("sign:line", id, 1);
        long now = System.currentTimeMillis();
        api.redis().opsForHash().put("sign:quota", "retry", Long.toString(now - 60_000));

        assertThat(secondsIn(api.sign(message))).isEqualTo(1);
    }

    @Test
    void when_the_line_is_lost_the_reported_depth_says_how_long_it_takes_at_most() throws Exception {
        String message = RunningApi.newMessage();
        api.sign(message);
        api.redis().delete("sign:line");
        api.part(Backlog.class).report(10);

        // What was last seen of it may be a second old.
        await().untilAsserted(() -> assertThat(secondsIn(api.sign(message))).isBetween(60, 66));
    }

    @Test
    void where_the_budget_allows_fewer_calls_than_the_period_the_budget_counts() throws Exception {
        try (RunningApi poor = RunningApi.on(
                TestServers.newDatabase(),
                upstream.baseUrl(),
                Map.of(
                        "crypto.retry.period", "1s",
                        "crypto.retry.delays", "6s",
                        "crypto.api.quota.calls", "1000",
                        "crypto.api.quota.window", "2h"))) {
            for (int i = 0; i < 4; i++) {
                poor.sign(RunningApi.newMessage());
            }
            // 7.26 s for each of the four ahead.
            assertThat(secondsIn(poor.sign(RunningApi.newMessage()))).isBetween(28, 36);
        }
    }

    @Test
    void while_the_budget_is_used_up_a_message_is_queued_without_a_call_and_told_when_it_will_be() throws Exception {
        String message = RunningApi.newMessage();
        api.redis().opsForHash().put("sign:quota", "hold", Long.toString(System.currentTimeMillis() + 5000));
        RawHttp.Response response = api.sign(message);

        assertThat(response.body())
                .contains("\"last_status_code\":429")
                .contains("The upstream was not called yet: its quota is used up. The message is queued.");
        assertThat(secondsIn(response)).isBetween(1, 6);
        assertThat(upstream.calls()).noneMatch(call -> call.message().equals(message));
        api.redis().opsForHash().delete("sign:quota", "hold");
    }

    /** The body's number, which is that of the header as well. */
    private static int secondsIn(RawHttp.Response response) throws IOException {
        Matcher matcher = SECONDS.matcher(response.body());
        assertThat(matcher.find()).as(response.body()).isTrue();
        assertThat(response.header("Retry-After")).contains(matcher.group(1));
        return Integer.parseInt(matcher.group(1));
    }
}
