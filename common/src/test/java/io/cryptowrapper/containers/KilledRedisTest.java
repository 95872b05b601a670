package io.cryptowrapper.containers;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import com.redis.testcontainers.RedisContainer;
import io.cryptowrapper.results.Outbox;
import io.cryptowrapper.results.RedisKeys;
import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.Signature;
import io.cryptowrapper.signing.SigningStatus;
import io.cryptowrapper.signing.UpstreamName;
import io.cryptowrapper.testing.Containers;
import io.cryptowrapper.testing.Stage;
import io.cryptowrapper.upstream.UpstreamQuota;
import io.cryptowrapper.upstream.UpstreamQuota.Permission;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.data.redis.core.StringRedisTemplate;

/** What Redis still knows after it was killed and started again. */
@Tag(Stage.CONTAINERS)
@Timeout(300)
class KilledRedisTest {

    private static final RedisKeys KEYS = new RedisKeys(UpstreamName.SIGN, ofHours(24), ofHours(24));

    private static RedisContainer container;

    private RedisProcesses processes;

    @BeforeAll
    static void start() {
        container = Containers.redis();
        container.start();
    }

    @AfterAll
    static void stop() {
        container.stop();
    }

    @BeforeEach
    void open() {
        processes = new RedisProcesses(container);
    }

    @AfterEach
    void close() {
        processes.close();
    }

    @Test
    void a_restarted_redis_has_all_statuses_with_their_expiry_and_the_outbox() {
        Map<Message, SigningStatus> recorded = new HashMap<>();
        StringRedisTemplate redis = processes.connect();
        var before = new SignatureStore(redis, redis, KEYS);
        for (int i = 0; i < 300; i++) {
            Message message = new Message("m" + i);
            recorded.put(message, before.record(message.id(), status(message, i)));
        }
        Message promised = new Message("promised");
        new Outbox(redis, KEYS).add(promised.id());

        processes.crash();

        StringRedisTemplate restarted = processes.connect();
        var after = new SignatureStore(restarted, restarted, KEYS);
        recorded.forEach((message, status) -> assertThat(after.findKept(message.id()))
                .hasValueSatisfying(kept -> {
                    assertThat(kept.status()).isEqualTo(status);
                    assertThat(kept.left()).isPositive();
                }));
        assertThat(after.findKept(new Message("m0").id()).orElseThrow().left()).isBetween(ofHours(23), ofHours(24));
        assertThat(new Outbox(restarted, KEYS).takeOlderThan(Duration.ZERO))
                .extracting(Outbox.Entry::id)
                .containsExactly(promised.id());
    }

    @Test
    void a_restarted_redis_knows_which_part_of_the_budget_is_used() {
        Duration window = ofMinutes(10);
        UpstreamQuota before = quota(processes.connect(), window);
        for (int i = 0; i < 10; i++) {
            assertThat(before.takeForFirstCall()).isInstanceOf(Permission.Granted.class);
        }

        processes.crash();

        UpstreamQuota after = quota(processes.connect(), window);
        assertThat(after.takeForFirstCall())
                .isInstanceOfSatisfying(
                        Permission.Wait.class, wait -> assertThat(wait.time()).isBetween(ofMinutes(5), ofMinutes(11)));
        assertThat(after.takeForRetry()).isInstanceOf(Permission.Wait.class);
    }

    /** A signature, a message that waits, a rejection. */
    private static SigningStatus status(Message message, int number) {
        return switch (number % 3) {
            case 0 -> new SigningStatus.Signed(new Signature("c2ln\n"));
            case 1 ->
                new SigningStatus.Pending(
                        message, new Failure(502, "down"), number, Instant.ofEpochMilli(1_764_000_000_000L));
            default -> new SigningStatus.Rejected(new Failure(422, "no"));
        };
    }

    private static UpstreamQuota quota(StringRedisTemplate process, Duration window) {
        return new UpstreamQuota(process, process, "quota", new CryptoSettings.Quota(10, window), ofSeconds(6));
    }
}
