package io.cryptowrapper.faults;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.faults.Arena.Way;
import io.cryptowrapper.faults.Fault.Harm;
import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.simulator.Behaviour.Answer;
import io.cryptowrapper.simulator.Call;
import io.cryptowrapper.testing.RawHttp;
import io.cryptowrapper.testing.Stage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The table of the README, row by row, on RabbitMQ and Redis in containers: what holds while something is broken, and
 * that nothing is lost by it.
 */
@Tag(Stage.FAULTS)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class FaultTableIT {

    private static final Arena.Pace PACE = new Arena.Pace(100, ofSeconds(5), ofMillis(50));

    private static final Duration PROMISED = ofSeconds(2);

    /** How many of a test's answers a machine that stalls may spoil. */
    private static final int SPOILED = 1;

    private static final int WORKERS = 2;
    private static final int SOME = 10;

    /** With what status depends on whether the budget has room for it beside the retries. */
    private static final String WAITING = "\"success\":false";

    private final List<String> accepted = new ArrayList<>();
    private final FragileServers fragile = FragileServers.start();
    private final ScriptedUpstream upstream = new ScriptedUpstream(0, Duration.ZERO);
    private final Random random = new Random(1);
    private Arena arena;
    private String name = "";
    private String cached = "";
    private int late;

    /** In which ways servers are away. */
    static Stream<Harm> absences() {
        return Stream.of(Harm.CUT, Harm.SILENT, Harm.STRANDED);
    }

    /** Those in which they stay away until they are let come back. */
    static Stream<Harm> longAbsences() {
        return absences().filter(absence -> absence != Harm.STRANDED);
    }

    @BeforeAll
    void start() {
        arena = Arena.start(fragile.servers(), PACE, upstream, WORKERS, Map.of("CRYPTO_RETRY_TIMEOUT", "3s"));
    }

    @AfterAll
    void stop() {
        arena.close();
        upstream.close();
        fragile.close();
    }

    @BeforeEach
    void allIsWell(TestInfo test) {
        name = test.getTestMethod().orElseThrow().getName() + test.getDisplayName() + " ";
        accepted.clear();
        late = 0;
        cached = name + "cached";
        await(cached).ignoreExceptions().until(() -> isSigned(ask(cached)));
    }

    /** The promises of the whole table. */
    @AfterEach
    void every_accepted_message_is_signed_and_the_budget_was_kept() throws Exception {
        upstream.isWell();
        arena.openAllGates();
        // Nobody asks: a poll could make a call of its own for a message that has been lost.
        await("a call that signs each").until(() -> upstream.signed().containsAll(accepted));
        Set<String> waiting = new HashSet<>(accepted);
        await("a signature for each").ignoreExceptions().until(() -> {
            waiting.removeIf(message -> isSigned(ask(message)));
            return waiting.isEmpty();
        });
        for (String message : accepted) {
            String signature = ask(message).body().replaceAll(".*\"value\":\"|\"}", "");
            assertThat(upstream.hasSigned(message, signature)).as(message).isTrue();
        }
        assertThat(Call.mostInAnyWindow(upstream.calls(), PACE.window())).isLessThanOrEqualTo(PACE.calls());
        assertThat(late).as("answers that took longer than %s", PROMISED).isLessThanOrEqualTo(SPOILED);
    }

    @Test
    void upstream_slow_cached_answers_come_new_messages_wait_in_time_and_retries_go_on() {
        upstream.does(new Behaviour.Hang(ofSeconds(10)));

        String first = acceptOneThatIsCalled("\"last_status_code\":504");
        acceptSome(WAITING);

        assertCachedAnswersCome();
        await("retries").until(() -> calls(first) > 2);
    }

    @Test
    void upstream_down_new_messages_wait_and_retries_go_on_at_the_period() {
        upstream.does(Answer.text(503, "down"));

        acceptOneThatIsCalled("\"last_status_code\":503");
        List<String> messages = acceptSome(WAITING);

        assertCachedAnswersCome();
        await("retries").until(() -> calls(messages.getLast()) > 2);
    }

    @Test
    void upstream_asks_for_a_pause_api_and_workers_keep_it_together() {
        upstream.does(new Answer(429, Map.of("Retry-After", "3"), "slow down"));
        acceptOneThatIsCalled("slow down");
        int before = upstream.calls().size();
        upstream.isWell();

        acceptSome("\"last_status_code\":429");

        await().until(() -> upstream.calls().size() > before);
        List<Call> calls = upstream.calls();
        assertThat(Duration.ofNanos(
                        calls.get(before).nanos() - calls.get(before - 1).nanos()))
                .isGreaterThan(ofMillis(2900));
    }

    @ParameterizedTest
    @MethodSource("absences")
    void rabbitmq_away_cached_answers_come_new_messages_wait_in_the_outbox_and_retries_pause(Harm absence) {
        List<String> before = acceptSomeThatWait();
        make(absence, Way.API_TO_BROKER, Way.WORKERS_TO_BROKER);
        upstream.does(Answer.text(502, "down"));

        List<String> messages = acceptSome(WAITING);

        assertCachedAnswersCome();
        if (absence != Harm.STRANDED) {
            long calls = calls(before);
            await().during(ofSeconds(1)).until(() -> calls(before) == calls);
            // Their first calls, and no retries.
            assertThat(messages)
                    .allSatisfy(message -> assertThat(calls(message)).isLessThanOrEqualTo(1));
        }
        accepted.addAll(before);
    }

    @ParameterizedTest
    @MethodSource("absences")
    void redis_away_cached_answers_come_from_memory_new_messages_are_queued_without_a_call_and_retries_pause(
            Harm absence) {
        List<String> before = acceptSomeThatWait();
        make(absence, Way.API_TO_REDIS, Way.WORKERS_TO_REDIS);
        boolean comesBack = absence == Harm.STRANDED;

        List<String> messages = acceptSome(comesBack ? "" : "\"last_status_code\":429");

        assertCachedAnswersCome();
        if (!comesBack) {
            int calls = upstream.calls().size();
            await().during(ofSeconds(1)).until(() -> upstream.calls().size() == calls);
            assertThat(messages)
                    .allSatisfy(message -> assertThat(calls(message)).isZero());
        }
        accepted.addAll(before);
    }

    @ParameterizedTest
    @MethodSource("longAbsences")
    void both_away_cached_answers_come_from_memory_and_nothing_else_is_promised(Harm absence) {
        make(absence, Way.API_TO_REDIS, Way.WORKERS_TO_REDIS, Way.API_TO_BROKER, Way.WORKERS_TO_BROKER);

        RawHttp.Response response = ask(name + "new");

        assertThat(response.status()).isEqualTo(503);
        assertThat(response.header("Content-Type")).contains("application/problem+json");
        assertThat(response.header("Retry-After")).isPresent();
        assertCachedAnswersCome();
    }

    @Test
    void api_and_workers_killed_every_accepted_message_is_signed_with_at_most_one_call_more_for_each_kill() {
        int inVain = upstream.callsInVain().size();
        acceptSomeThatWait();
        upstream.isWell();
        await("in the midst of it").until(() -> accepted.stream().anyMatch(upstream.signed()::contains));

        arena.programs().killWorkers();
        arena.programs().killApi();
        arena.programs().startWorkers(WORKERS);
        arena.programs().startApi();

        every_one_of_them_is_signed();
        assertThat(upstream.callsInVain().size() - inVain).isLessThanOrEqualTo(WORKERS + 1);
    }

    @Test
    void rabbitmq_killed_loses_nothing() {
        acceptSomeThatWait();
        fragile.killBroker();
        acceptSome(WAITING);

        assertCachedAnswersCome();
        fragile.startBroker();
    }

    @Test
    void rabbitmq_short_of_memory_takes_no_messages_and_retries_go_on_through_the_outbox() {
        fragile.limitBrokersMemory(0.00001);
        try {
            acceptSomeThatWait();
            acceptSome(WAITING);
            assertCachedAnswersCome();
        } finally {
            fragile.limitBrokersMemory(0.6);
        }
    }

    @Test
    void full_queues_refuse_messages_which_wait_in_the_outbox() {
        fragile.limitQueues(2);
        try {
            acceptSomeThatWait();
            upstream.isWell();
            every_one_of_them_is_signed();
        } finally {
            fragile.unlimitQueues();
        }
    }

    @Test
    void redis_killed_loses_nothing() {
        acceptSomeThatWait();
        fragile.killRedis();
        acceptSome("\"last_status_code\":429");

        assertCachedAnswersCome();
        fragile.startRedis();
    }

    @Test
    void redis_full_is_like_redis_away_and_loses_nothing() {
        acceptSomeThatWait();
        fragile.redis("config", "set", "maxmemory", "1");
        try {
            acceptSome("\"last_status_code\":429");
            assertCachedAnswersCome();
        } finally {
            fragile.redis("config", "set", "maxmemory", "0");
        }
    }

    @Test
    void redis_emptied_what_waits_is_still_in_the_queue_and_the_budget_is_kept() {
        acceptSomeThatWait();
        await("all of them are in the queue")
                .until(() -> fragile.redis("zcard", "sign:outbox").equals("0"));

        fragile.redis("flushall");

        upstream.isWell();
        // For a window nobody calls: the table's promise about the budget is looked at after each test.
        every_one_of_them_is_signed();
        assertThat(fragile.redis("exists", "sign:quota")).isEqualTo("1");
    }

    /** Waits for the signatures of all that were accepted in this test. */
    private void every_one_of_them_is_signed() {
        await("a signature for each")
                .ignoreExceptions()
                .until(() -> accepted.stream().allMatch(message -> isSigned(ask(message))));
    }

    /** Some messages that fail as long as the upstream does, which it does from now on. */
    private List<String> acceptSomeThatWait() {
        upstream.does(Answer.text(502, "down"));
        return acceptSome(WAITING);
    }

    /** Sends new messages, each of which is to be accepted in time, with such an answer. */
    private List<String> acceptSome(String answer) {
        int first = accepted.size();
        return IntStream.range(first, first + SOME)
                .mapToObj(i -> accept("message " + i, answer))
                .toList();
    }

    /** Retries that wait for their turns have the budget to themselves for a moment longer. */
    private String acceptOneThatIsCalled(String answer) {
        await().until(() -> {
            accept("message " + accepted.size(), WAITING);
            return ask(accepted.getLast()).body().contains(answer);
        });
        return accepted.getLast();
    }

    private String accept(String suffix, String answer) {
        String message = name + suffix;
        RawHttp.Response response = ask(message);
        assertThat(response.status()).as(response.body()).isEqualTo(200);
        assertThat(response.body()).contains(answer);
        accepted.add(message);
        return message;
    }

    private void assertCachedAnswersCome() {
        assertThat(isSigned(ask(cached))).isTrue();
    }

    private void make(Harm absence, Way... ways) {
        for (Way way : ways) {
            absence.on(arena.gate(way), random);
        }
    }

    private long calls(List<String> messages) {
        return messages.stream().mapToLong(this::calls).sum();
    }

    private long calls(String message) {
        return upstream.calls().stream()
                .filter(call -> call.message().equals(message))
                .count();
    }

    /** Asks, and counts the answer if it is late. */
    private RawHttp.Response ask(String message) {
        long asked = System.nanoTime();
        try {
            RawHttp.Response response = arena.programs().ask(message);
            if (Duration.ofNanos(System.nanoTime() - asked).compareTo(PROMISED) > 0) {
                late++;
            }
            return response;
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static boolean isSigned(RawHttp.Response response) {
        return response.body().contains("\"success\":true");
    }
}
