package io.cryptowrapper.containers;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.redis.testcontainers.RedisContainer;
import io.cryptowrapper.results.Outbox;
import io.cryptowrapper.results.RedisKeys;
import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.results.StatusNews;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.Signature;
import io.cryptowrapper.signing.SigningStatus;
import io.cryptowrapper.signing.SigningStatus.Pending;
import io.cryptowrapper.signing.SigningStatus.Rejected;
import io.cryptowrapper.signing.SigningStatus.Signed;
import io.cryptowrapper.testing.Containers;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.data.redis.core.StringRedisTemplate;

/** What is known of messages, in a Redis as operators run it: shapes, lives, claims, and what outlives a kill. */
@OnContainers
@Timeout(120)
class StoreIT {

    private static final Signed SIGNED = new Signed(new Signature("c2ln\n"));
    private static final Rejected REJECTED = new Rejected(new Failure(422, "no"));

    /** Another one in each test, as they share the server. */
    private final Message message = new Message("wörld " + UUID.randomUUID());

    private final MessageId id = message.id();
    private final RedisContainer server;
    private final StringRedisTemplate redis;
    private final RedisKeys keys;
    private final SignatureStore store;
    private final StatusNews news;

    StoreIT(RedisContainer server, StringRedisTemplate redis, RedisKeys keys, SignatureStore store, StatusNews news) {
        this.server = server;
        this.redis = redis;
        this.keys = keys;
        this.store = store;
        this.news = news;
    }

    @Test
    void a_signature_is_stored_as_this_json_for_a_day() {
        assertThat(store.record(id, SIGNED)).isEqualTo(SIGNED);

        assertThat(raw()).isEqualTo("""
            {"v":1,"state":"signed","value":"c2ln\\n"}\
            """);
        assertThat(life()).isBetween(ofHours(24).minusSeconds(30), ofHours(24));
        assertThat(store.find(id)).contains(SIGNED);
    }

    @Test
    void a_message_that_waits_is_stored_as_this_json_for_longer_than_it_waits() {
        assertThat(store.record(id, pending(2))).isEqualTo(pending(2));

        assertThat(raw()).isEqualTo("""
            {"v":1,"state":"pending","message":"%s","attempt":2,"accepted_at":1764000000000,"status":502,\
            "value":"down 2"}\
            """.formatted(message.text()));
        // Twice the time after which it is given up, and an hour.
        assertThat(life()).isBetween(ofHours(49).minusSeconds(30), ofHours(49));
        assertThat(store.find(id)).contains(pending(2));
    }

    @Test
    void a_rejection_is_stored_as_this_json_for_a_minute() {
        assertThat(store.record(id, REJECTED)).isEqualTo(REJECTED);

        assertThat(raw()).isEqualTo("""
            {"v":1,"state":"rejected","status":422,"value":"no"}\
            """);
        assertThat(life()).isBetween(ofSeconds(50), ofSeconds(60));
        assertThat(store.find(id)).contains(REJECTED);
    }

    @Test
    void of_64_claims_over_several_connections_one_wins_and_it_ends_by_itself() throws Exception {
        try (RedisProcesses processes = new RedisProcesses(server);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Boolean>> claims = IntStream.range(0, 8)
                    .mapToObj(process -> storeOf(processes.connect()))
                    .flatMap(other -> Collections.<Callable<Boolean>>nCopies(8, () -> other.claim(id)).stream())
                    .toList();
            long start = System.nanoTime();

            List<Future<Boolean>> results = threads.invokeAll(claims);

            assertThat(results).hasSize(64).filteredOn(Future::resultNow).hasSize(1);
            assertThat(raw()).isEqualTo("""
                {"v":1,"state":"claimed"}\
                """);
            assertThat(life()).isBetween(ofMillis(1), ofSeconds(3));
            assertThat(store.find(id)).isEmpty();

            await().pollInterval(ofMillis(50)).until(() -> store.claim(id));
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(ofSeconds(3));
        }
    }

    static Stream<Arguments> successions() {
        // By what stands at first: nothing, a claim, or a status; what is recorded then; what stands after it. A
        // message that waits is told by its attempt's number.
        return Stream.of(
                Arguments.of("1", "2", "2"),
                Arguments.of("2", "2", "2"),
                Arguments.of("3", "2", "3"),
                Arguments.of("3", "signed", "signed"),
                Arguments.of("3", "rejected", "rejected"),
                Arguments.of("rejected", "1", "rejected"),
                Arguments.of("rejected", "signed", "signed"),
                Arguments.of("signed", "1", "signed"),
                Arguments.of("signed", "rejected", "signed"));
    }

    @ParameterizedTest(name = "{0}, then {1}: {2}")
    @MethodSource("successions")
    void what_is_better_known_stands(String first, String second, String stands) {
        store.record(id, status(first));

        assertThat(store.record(id, status(second))).isEqualTo(status(stands));
        assertThat(store.find(id)).contains(status(stands));
    }

    @ParameterizedTest
    @MethodSource("unreadable")
    void a_claim_and_what_cannot_be_read_give_way_to_every_status(String garbage) {
        redis.opsForValue().set(key(), garbage);

        assertThat(store.find(id)).isEmpty();
        assertThat(store.record(id, pending(1))).isEqualTo(pending(1));
    }

    static Stream<String> unreadable() {
        return Stream.of(
                "{\"v\":1,\"state\":\"claimed\"}", "x", "[]", "{\"v\":2,\"state\":\"signed\",\"value\":\"later\"}");
    }

    @Test
    void whoever_listens_hears_of_each_change_and_of_nothing_else() {
        var heard = new ConcurrentLinkedQueue<MessageId>();
        MessageId last = new Message("last " + message.text()).id();
        try (RedisProcesses processes = new RedisProcesses(server);
                var _ = news.subscribe(heard::add)) {
            SignatureStore other = storeOf(processes.connect());
            other.claim(id);
            other.record(id, pending(1));
            other.record(id, SIGNED);
            other.record(id, pending(2));
            other.record(last, SIGNED);

            await().untilAsserted(() -> assertThat(heard).containsExactly(id, id, last));
        }
    }

    @Test
    void a_redis_that_is_killed_and_started_again_keeps_all() {
        try (RedisContainer own = Containers.redis();
                RedisProcesses processes = new RedisProcesses(own)) {
            own.start();
            Map<MessageId, SigningStatus> recorded = new HashMap<>();
            SignatureStore before = storeOf(processes.connect());
            for (int i = 0; i < 300; i++) {
                MessageId each = new Message("m" + i).id();
                SigningStatus status = i % 3 == 0 ? SIGNED : i % 3 == 1 ? pending(i) : REJECTED;
                recorded.put(each, before.record(each, status));
            }
            new Outbox(processes.connect(), keys).add(id);

            processes.crash();

            StringRedisTemplate restarted = processes.connect();
            SignatureStore after = storeOf(restarted);
            recorded.forEach((each, status) -> assertThat(after.find(each)).contains(status));
            assertThat(restarted.getExpire("sign:{" + new Message("m0").id().hex() + "}"))
                    .isBetween(ofHours(23).toSeconds(), ofHours(24).toSeconds());
            assertThat(new Outbox(restarted, keys).takeOlderThan(Duration.ZERO))
                    .extracting(Outbox.Entry::id)
                    .containsExactly(id);
        }
    }

    private SignatureStore storeOf(StringRedisTemplate process) {
        return new SignatureStore(process, process, keys);
    }

    private String key() {
        return "sign:{" + id.hex() + "}";
    }

    private String raw() {
        return String.valueOf(redis.opsForValue().get(key()));
    }

    private Duration life() {
        return Duration.ofMillis(redis.getExpire(key(), TimeUnit.MILLISECONDS));
    }

    private SigningStatus status(String name) {
        return switch (name) {
            case "signed" -> SIGNED;
            case "rejected" -> REJECTED;
            default -> pending(Integer.parseInt(name));
        };
    }

    private Pending pending(int attempt) {
        return new Pending(
                message, new Failure(502, "down " + attempt), attempt, Instant.ofEpochMilli(1_764_000_000_000L));
    }
}
