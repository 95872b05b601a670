package io.cryptowrapper.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.TestRedis;
import io.cryptowrapper.embedded.EmbeddedRedis;
import io.cryptowrapper.results.Outbox;
import io.cryptowrapper.results.RedisKeys;
import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.Signature;
import io.cryptowrapper.signing.SigningStatus;
import io.cryptowrapper.signing.UpstreamName;
import io.cryptowrapper.testing.Stage;
import io.cryptowrapper.upstream.UpstreamQuota;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;

@Tag(Stage.BOTH_SERVERS)
@Timeout(120)
class ReplicatedRedisTest {

    private final StringRedisTemplate shared = TestRedis.emptied();
    private final ReplicatedRedis redis = ReplicatedRedis.like(connections(shared), 1);

    @AfterEach
    void close() {
        redis.close();
    }

    @Test
    void what_no_replica_has_confirmed_has_failed() {
        // On a busy machine a write may also fail because the answer of Redis is late.
        await().until(() -> failureToWrite().startsWith("0 of the 1 replicas needed have confirmed what was written"));
    }

    @Test
    void grants_results_and_the_outbox_need_a_replica_and_what_only_tells_of_them_does_not() {
        var keys = new RedisKeys(UpstreamName.SIGN, Duration.ofHours(1), Duration.ofHours(1));
        var quota = new UpstreamQuota(
                shared, redis, "quota", new CryptoSettings.Quota(10, Duration.ofMinutes(1)), Duration.ofSeconds(6));
        var store = new SignatureStore(shared, redis, keys);
        MessageId id = new Message("m").id();

        assertThat(store.claim(id)).isTrue();
        assertThat(store.find(id)).isEmpty();
        assertThat(quota.untilRetryAfter(0)).isPositive();
        assertThat(quota.keyIsRefused()).isFalse();
        for (ThrowingCallable write : List.<ThrowingCallable>of(
                quota::takeForFirstCall,
                quota::takeForRetry,
                () -> store.record(id, new SigningStatus.Signed(new Signature("c2ln"))),
                () -> store.recordNew(List.of()),
                () -> new Outbox(redis, keys).add(id))) {
            assertThatThrownBy(write).isInstanceOf(DataAccessResourceFailureException.class);
        }
    }

    @Test
    void what_has_not_failed_is_there_when_the_primary_is_gone(@TempDir Path first, @TempDir Path second) {
        EmbeddedRedis primary = EmbeddedRedis.start(first);
        EmbeddedRedis replica = EmbeddedRedis.start(second);
        LettuceConnectionFactory toPrimary = connect(primary);
        LettuceConnectionFactory toReplica = connect(replica);
        try (ReplicatedRedis replicated = ReplicatedRedis.like(toPrimary, 1)) {
            follow(toReplica, primary);
            await().ignoreExceptions().until(() -> {
                replicated.opsForValue().set("key", "value");
                return true;
            });

            primary.close();

            assertThat(new StringRedisTemplate(toReplica).opsForValue().get("key"))
                    .isEqualTo("value");
        } finally {
            toPrimary.destroy();
            toReplica.destroy();
            replica.close();
            primary.close();
        }
    }

    @Test
    void writes_wait_for_replicas_concurrently() {
        var enough = new AtomicBoolean();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 20; i++) {
                String key = "key" + i;
                threads.execute(() -> {
                    while (!enough.get()) {
                        assertThatThrownBy(() -> redis.opsForValue().set(key, "value"))
                                .isInstanceOf(DataAccessException.class);
                    }
                });
            }
            try {
                await().until(() -> blockedClients() >= 10);
            } finally {
                enough.set(true);
            }
        }
    }

    private String failureToWrite() {
        DataAccessException failure = catchThrowableOfType(
                DataAccessException.class, () -> redis.opsForValue().set("key", "value"));
        assertThat(failure).isNotNull();
        return String.valueOf(failure.getMessage());
    }

    private int blockedClients() {
        try (var connection = connections(shared).getConnection()) {
            Properties clients = connection.serverCommands().info("clients");
            return Integer.parseInt(clients.getProperty("blocked_clients"));
        }
    }

    private static LettuceConnectionFactory connections(StringRedisTemplate redis) {
        return (LettuceConnectionFactory) Objects.requireNonNull(redis.getConnectionFactory());
    }

    private static void follow(LettuceConnectionFactory replica, EmbeddedRedis primary) {
        try (var connection = replica.getConnection()) {
            connection.serverCommands().setConfig("masterauth", primary.password());
            connection.serverCommands().replicaOf("127.0.0.1", primary.port());
            await().until(() -> "up".equals(info(replica).getProperty("master_link_status")));
        }
    }

    private static Properties info(LettuceConnectionFactory server) {
        try (var connection = server.getConnection()) {
            return connection.serverCommands().info("replication");
        }
    }

    private static LettuceConnectionFactory connect(EmbeddedRedis server) {
        return TestRedis.connect(server.port(), server.password());
    }
}
