package io.cryptowrapper.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.TestRedis;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.Signature;
import io.cryptowrapper.signing.SigningStatus;
import io.cryptowrapper.signing.SigningStatus.Pending;
import io.cryptowrapper.signing.SigningStatus.Rejected;
import io.cryptowrapper.signing.SigningStatus.Signed;
import io.cryptowrapper.signing.UpstreamName;
import io.cryptowrapper.testing.Stage;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;

@Tag(Stage.BOTH_SERVERS)
class SignatureStoreTest {

    private static final Message MESSAGE = new Message("hello wörld");
    private static final MessageId ID = MESSAGE.id();
    private static final String KEY = "sign:{" + ID.hex() + "}";
    private static final Signed SIGNED = new Signed(new Signature("c2ln\n"));
    private static final Rejected REJECTED = new Rejected(new Failure(422, "no"));
    private static final RedisKeys KEYS =
            new RedisKeys(new UpstreamName("sign"), Duration.ofHours(24), Duration.ofHours(48));

    /** Redis counts in milliseconds and has its own clock. */
    private static final Duration TOLERANCE = Duration.ofMillis(5);

    private final StringRedisTemplate redis = TestRedis.emptied();
    private final SignatureStore store = new SignatureStore(redis, redis, KEYS);

    /** With single quotes for double ones. */
    static Stream<Arguments> shapes() {
        return Stream.of(
                Arguments.of(SIGNED, "{'v':1,'state':'signed','value':'c2ln\\n'}"),
                Arguments.of(
                        pending(2),
                        "{'v':1,'state':'pending','message':'hello wörld','attempt':2,"
                                + "'accepted_at':1764000000000,'status':502,'value':'down 2'}"),
                Arguments.of(REJECTED, "{'v':1,'state':'rejected','status':422,'value':'no'}"));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void a_status_is_stored_as_this_json_and_read_again(SigningStatus status, String json) {
        store.record(ID, status);

        assertThat(raw()).isEqualTo(json.replace('\'', '"'));
        assertThat(store.find(ID)).contains(status);
    }

    @Test
    void nothing_is_known_of_a_message_at_first() {
        assertThat(store.find(ID)).isEmpty();
    }

    static Stream<Arguments> successions() {
        return Stream.of(
                // first, second, which stands then
                Arguments.of(pending(1), pending(2), pending(2)),
                Arguments.of(pending(2), pending(2, "newer"), pending(2, "newer")),
                Arguments.of(pending(3), pending(2), pending(3)),
                Arguments.of(pending(3), SIGNED, SIGNED),
                Arguments.of(pending(3), REJECTED, REJECTED),
                Arguments.of(REJECTED, pending(1), REJECTED),
                Arguments.of(REJECTED, SIGNED, SIGNED),
                Arguments.of(SIGNED, pending(1), SIGNED),
                Arguments.of(SIGNED, REJECTED, SIGNED),
                Arguments.of(SIGNED, new Signed(new Signature("other")), SIGNED));
    }

    @ParameterizedTest
    @MethodSource("successions")
    void what_is_better_known_stands(SigningStatus first, SigningStatus second, SigningStatus stands) {
        store.record(ID, first);

        assertThat(store.record(ID, second)).isEqualTo(stands);
        assertThat(store.find(ID)).contains(stands);
    }

    @Test
    void each_status_lives_as_long_as_it_is_of_use() {
        // Twice the time after which a message is given up, and an hour.
        assertLives(Duration.ofHours(97), () -> store.record(ID, pending(1)));
        assertLives(Duration.ofMinutes(1), () -> store.record(ID, REJECTED));
        assertLives(Duration.ofHours(24), () -> store.record(ID, SIGNED));
    }

    @Test
    void of_many_those_are_recorded_of_which_nothing_is_known() {
        Message claimed = new Message("claimed");
        Message signed = new Message("signed");
        store.claim(claimed.id());
        // The claim must outlive the next steps, however slow the machine is.
        redis.persist("sign:{" + claimed.id().hex() + "}");
        store.record(signed.id(), SIGNED);
        List<Pending> waiting = Stream.of(MESSAGE, claimed, signed, new Message("new"))
                .map(message -> new Pending(message, new Failure(429, "later"), 1, Instant.EPOCH))
                .toList();

        assertLives(
                KEYS.longestWait(),
                () -> assertThat(store.recordNew(waiting)).containsExactly(true, false, false, true));

        List<MessageId> ids =
                waiting.stream().map(status -> status.message().id()).toList();
        assertThat(store.find(ids))
                .containsExactly(
                        Optional.of(waiting.getFirst()),
                        Optional.empty(),
                        Optional.of(SIGNED),
                        Optional.of(waiting.getLast()));
    }

    @Test
    void of_none_nothing_is_recorded_or_known() {
        assertThat(store.recordNew(List.of())).isEmpty();
        assertThat(store.find(List.of())).isEmpty();
    }

    @Test
    void many_are_recorded_and_found_without_another_connection() {
        List<Pending> waiting = IntStream.range(0, 100)
                .mapToObj(i -> new Pending(new Message("m" + i), new Failure(429, "later"), 1, Instant.EPOCH))
                .toList();
        store.find(ID);
        long before = connectionsEver();

        store.recordNew(waiting);
        store.find(waiting.stream().map(status -> status.message().id()).toList());

        assertThat(connectionsEver()).isEqualTo(before);
    }

    private long connectionsEver() {
        Properties stats = redis.execute(
                (RedisConnection connection) -> connection.serverCommands().info("stats"));
        return Long.parseLong(stats.getProperty("total_connections_received"));
    }

    @Test
    void one_of_many_concurrent_claims_by_several_processes_wins() throws Exception {
        List<LettuceConnectionFactory> processes =
                Stream.generate(TestRedis::connect).limit(4).toList();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<SignatureStore> stores = processes.stream()
                    .map(StringRedisTemplate::new)
                    .map(process -> new SignatureStore(process, process, KEYS))
                    .toList();
            // Connects all processes, so the first claim does not expire before the last one.
            stores.forEach(each -> assertThat(each.find(ID)).isEmpty());
            List<Callable<Boolean>> claims = stores.stream()
                    .flatMap(each -> Collections.<Callable<Boolean>>nCopies(16, () -> each.claim(ID)).stream())
                    .toList();

            List<Future<Boolean>> results = threads.invokeAll(claims);

            assertThat(results).hasSize(64).filteredOn(Future::resultNow).hasSize(1);
            assertThat(raw()).isEqualTo("{\"v\":1,\"state\":\"claimed\"}");
        } finally {
            processes.forEach(LettuceConnectionFactory::destroy);
        }
    }

    @Test
    void a_claim_says_nothing_of_the_message_and_ends_by_itself() {
        assertLives(Duration.ofSeconds(3), () -> store.claim(ID));

        assertThat(store.find(ID)).isEmpty();
    }

    @Test
    void a_claim_gives_way_to_every_status_and_stops_none() {
        store.claim(ID);

        assertThat(store.record(ID, pending(1))).isEqualTo(pending(1));
        assertThat(store.claim(ID)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "null",
                "[]",
                "17",
                "{}",
                "{\"v\":1}",
                "{\"v\":2,\"state\":\"signed\",\"value\":\"later\"}",
                "{\"v\":1,\"state\":\"signed\",\"value\":\" \"}",
                "{\"v\":1,\"state\":\"pending\",\"message\":\"\"}",
                "{\"v\":1,\"state\":\"signed\"}",
                "{\"v\":1,\"state\":\"unheard of\"}"
            })
    void what_cannot_be_read_is_nothing_known(String garbage) {
        redis.opsForValue().set(KEY, garbage);

        assertThat(store.find(ID)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "[]", "{\"v\":2,\"state\":\"signed\",\"value\":\"later\"}"})
    void what_cannot_be_read_is_replaced(String garbage) {
        redis.opsForValue().set(KEY, garbage);

        assertThat(store.record(ID, pending(1))).isEqualTo(pending(1));
    }

    @Test
    void a_field_that_this_version_does_not_know_does_no_harm() {
        redis.opsForValue().set(KEY, "{\"v\":1,\"state\":\"signed\",\"value\":\"c2ln\\n\",\"new\":{}}");

        assertThat(store.find(ID)).contains(SIGNED);
    }

    @Test
    void listeners_hear_of_each_change_that_another_process_makes_and_of_nothing_else() {
        var heard = new ConcurrentLinkedQueue<MessageId>();
        LettuceConnectionFactory connections = TestRedis.connect();
        var process = new StringRedisTemplate(connections);
        var other = new SignatureStore(process, process, KEYS);
        MessageId last = new Message("last").id();
        try (var _ = new StatusNews(redis, KEYS).subscribe(heard::add)) {
            other.claim(ID);
            other.record(ID, pending(1));
            other.record(ID, SIGNED);
            other.record(ID, pending(1));
            other.record(last, SIGNED);

            await().untilAsserted(() -> assertThat(heard).containsExactly(ID, ID, last));
        } finally {
            connections.destroy();
        }
    }

    private @Nullable String raw() {
        return redis.opsForValue().get(KEY);
    }

    /** Asserts that what {@code write} stores expires after {@code life}, less the time that has passed since. */
    private void assertLives(Duration life, Runnable write) {
        long start = System.nanoTime();
        write.run();
        Duration left = Duration.ofMillis(redis.getExpire(KEY, TimeUnit.MILLISECONDS));
        Duration passed = Duration.ofNanos(System.nanoTime() - start);
        assertThat(left).isBetween(life.minus(passed).minus(TOLERANCE), life);
    }

    private static Pending pending(int attempt) {
        return pending(attempt, "down " + attempt);
    }

    private static Pending pending(int attempt, String body) {
        return new Pending(MESSAGE, new Failure(502, body), attempt, Instant.ofEpochMilli(1_764_000_000_000L));
    }
}
