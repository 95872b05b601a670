package io.cryptowrapper.results;

import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.TestRedis;
import io.cryptowrapper.results.CallbackRegistry.Due;
import io.cryptowrapper.results.CallbackRegistry.Registered;
import io.cryptowrapper.results.CallbackRegistry.Taken;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.Signature;
import io.cryptowrapper.signing.SigningStatus.Pending;
import io.cryptowrapper.signing.SigningStatus.Rejected;
import io.cryptowrapper.signing.SigningStatus.Signed;
import io.cryptowrapper.signing.UpstreamName;
import io.cryptowrapper.testing.Stage;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.core.StringRedisTemplate;

@Tag(Stage.BOTH_SERVERS)
class CallbackRegistryTest {

    private static final Message MESSAGE = new Message("hello wörld");
    private static final MessageId ID = MESSAGE.id();
    private static final String KEY = "sign:callbacks:{" + ID.hex() + "}";
    private static final String STATUS = "sign:{" + ID.hex() + "}";
    private static final URI URL = URI.create("https://client.example/hook?a=b");
    private static final Signed SIGNED = new Signed(new Signature("c2ln"));
    private static final Rejected REJECTED = new Rejected(new Failure(422, "no"));
    private static final Duration LEASE = Duration.ofSeconds(30);
    private static final Instant NOW = Instant.ofEpochMilli(1_764_000_000_000L);
    private static final RedisKeys KEYS =
            new RedisKeys(new UpstreamName("sign"), Duration.ofHours(24), Duration.ofHours(24));

    private final StringRedisTemplate redis = TestRedis.emptied();
    private final SignatureStore store = new SignatureStore(redis, redis, KEYS);
    private final CallbackRegistry registry = new CallbackRegistry(redis, KEYS);

    @Test
    void what_is_noted_before_the_end_is_taken_after_it_with_the_message_and_the_end() {
        assertThat(register("alice", URL)).isEqualTo(Registered.WAITS);
        store.record(ID, pending());
        assertThat(registry.take(ID, LEASE)).isInstanceOf(Taken.Waits.class);

        store.record(ID, SIGNED);

        Taken.Ended ended = ended();
        assertThat(ended.message()).isEqualTo(MESSAGE);
        assertThat(ended.end()).isEqualTo(SIGNED);
        assertThat(ended.due()).extracting(Due::url, Due::client).containsExactly(tuple(URL, "alice"));
    }

    @Test
    void it_is_stored_as_json_of_version_1() {
        register("alice", URL);

        assertThat(redis.opsForHash().values(KEY))
                .contains("0 0 {\"v\":1,\"url\":\"https://client.example/hook?a=b\",\"client\":\"alice\","
                        + "\"registered_at\":1764000000000}");
    }

    @Test
    void what_is_noted_after_the_end_is_taken_at_once() {
        store.record(ID, SIGNED);

        assertThat(register("", URL)).isEqualTo(Registered.ENDED);

        assertThat(ended().end()).isEqualTo(SIGNED);
    }

    @Test
    void an_end_that_is_forgotten_soon_is_not_missed() {
        register("", URL);
        store.record(ID, REJECTED);
        redis.delete(STATUS);

        assertThat(ended().end()).isEqualTo(REJECTED);
    }

    @Test
    void who_asks_again_after_a_rejection_is_forgotten_is_told_the_next_end_and_not_that_one() {
        register("old", URL);
        store.record(ID, REJECTED);
        redis.delete(STATUS);
        assertThat(register("new", URL)).isEqualTo(Registered.WAITS);

        assertThat(ended().due()).extracting(Due::client).containsExactly("old");
        store.record(ID, pending());
        store.record(ID, SIGNED);

        assertThat(ended().end()).isEqualTo(SIGNED);
    }

    @Test
    void an_end_that_nobody_noted_here_is_seen_by_who_looks() {
        register("", URL);
        redis.opsForValue().set(STATUS, StoredStatus.of(SIGNED).toJson());

        assertThat(ended().end()).isEqualTo(SIGNED);
    }

    @Test
    void the_same_callback_twice_is_one_and_another_client_or_url_is_another() {
        register("alice", URL);
        register("alice", URL);
        register("bob", URL);
        register("bob", URI.create("https://client.example/other"));
        store.record(ID, SIGNED);

        assertThat(ended().due()).hasSize(3);
    }

    @Test
    void a_name_and_a_url_are_not_taken_for_others_that_make_the_same_text() {
        register("a", URI.create("https://b/c"));
        register("ahttps://b", URI.create("/c"));

        assertThat(redis.opsForHash().keys(KEY))
                .filteredOn(field -> field.toString().startsWith("c:"))
                .hasSize(2);
    }

    @Test
    void a_hundred_are_noted_for_a_message_and_not_one_more_but_those_again() {
        for (int i = 0; i < CallbackRegistry.MOST; i++) {
            assertThat(register("client-" + i, URL)).isEqualTo(Registered.WAITS);
        }

        assertThat(register("another", URL)).isEqualTo(Registered.FULL);
        assertThat(register("client-7", URL)).isEqualTo(Registered.WAITS);
        store.record(ID, SIGNED);
        assertThat(ended().due())
                .hasSize(CallbackRegistry.MOST)
                .extracting(Due::client)
                .doesNotContain("another");
    }

    @Test
    void of_several_that_do_not_all_fit_none_is_noted() {
        for (int i = 0; i < CallbackRegistry.MOST - 1; i++) {
            register("client-" + i, URL);
        }

        assertThat(registry.register(MESSAGE, List.of(URL, URI.create("https://two.example/")), "another", NOW))
                .isEqualTo(Registered.FULL);

        store.record(ID, SIGNED);
        assertThat(ended().due()).hasSize(CallbackRegistry.MOST - 1);
    }

    @Test
    void they_live_longer_than_any_message_waits_and_not_for_ever() {
        register("", URL);
        redis.expire(KEY, Duration.ofSeconds(1));

        register("", URL);

        assertThat(Duration.ofSeconds(redis.getExpire(KEY))).isBetween(Duration.ofHours(72), Duration.ofHours(74));
        assertThat(KEYS.lifeOfCallbacks()).isGreaterThan(KEYS.longestWait());
    }

    @Test
    void what_is_taken_nobody_else_gets_until_it_is_given_back() {
        register("", URL);
        store.record(ID, SIGNED);
        List<Due> due = ended().due();

        assertThat(registry.take(ID, LEASE)).isInstanceOf(Taken.Leased.class);

        registry.giveBack(ID, due);
        assertThat(ended().due()).hasSize(1);
    }

    @Test
    void a_lease_that_ran_out_and_one_of_a_clock_that_was_set_back_hold_nobody_up() {
        register("", URL);
        store.record(ID, SIGNED);
        ended();

        String field = ended(Duration.ZERO).due().getFirst().field();
        String noted = (String) redis.opsForHash().get(KEY, field);
        redis.opsForHash().put(KEY, field, noted.replaceFirst("^0 [0-9]+", "0 99999999999999"));

        assertThat(ended().due()).hasSize(1);
    }

    @Test
    void of_all_who_take_at_the_same_time_each_callback_goes_to_one() throws Exception {
        for (int i = 0; i < 50; i++) {
            register("client-" + i, URL);
        }
        store.record(ID, SIGNED);
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Callable<Taken>> takers = IntStream.range(0, 40)
                    .<Callable<Taken>>mapToObj(i -> () -> registry.take(ID, LEASE))
                    .toList();
            List<String> taken = new ArrayList<>();
            for (Future<Taken> one : threads.invokeAll(takers)) {
                if (one.get() instanceof Taken.Ended ended) {
                    ended.due().forEach(due -> taken.add(due.client()));
                }
            }
            assertThat(taken).hasSize(50).doesNotHaveDuplicates();
        }
    }

    @Test
    void when_all_are_removed_nothing_is_left() {
        register("alice", URL);
        register("bob", URL);
        store.record(ID, SIGNED);
        List<Due> due = ended().due();

        assertThat(registry.remove(ID, due.subList(0, 1))).isFalse();
        assertThat(registry.remove(ID, due.subList(1, 2))).isTrue();

        assertThat(redis.hasKey(KEY)).isFalse();
        assertThat(registry.take(ID, LEASE)).isInstanceOf(Taken.Gone.class);
    }

    @Test
    void what_was_asked_for_again_since_it_was_taken_is_not_removed() {
        register("alice", URL);
        store.record(ID, SIGNED);
        List<Due> due = ended().due();
        register("alice", URL);

        assertThat(registry.remove(ID, due)).isFalse();

        assertThat(ended().due()).hasSize(1);
    }

    @Test
    void what_another_version_has_noted_is_left_to_it() {
        register("alice", URL);
        redis.opsForHash().put(KEY, "c:new", "0 0 {\"v\":2,\"to\":\"somewhere\"}");
        store.record(ID, SIGNED);

        assertThat(ended().due()).extracting(Due::client).containsExactly("alice");
    }

    private Registered register(String client, URI url) {
        return registry.register(MESSAGE, List.of(url), client, NOW);
    }

    private Taken.Ended ended() {
        return ended(LEASE);
    }

    private Taken.Ended ended(Duration lease) {
        return (Taken.Ended) registry.take(ID, lease);
    }

    private static Pending pending() {
        return new Pending(MESSAGE, new Failure(502, "down"), 1, NOW);
    }

    private static org.assertj.core.groups.Tuple tuple(Object... values) {
        return org.assertj.core.groups.Tuple.tuple(values);
    }
}
