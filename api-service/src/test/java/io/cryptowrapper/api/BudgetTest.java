package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.testing.SettableClock;
import io.cryptowrapper.upstream.UpstreamQuota.Standing;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessResourceFailureException;

class BudgetTest {

    private static final CryptoSettings.Quota QUOTA = new CryptoSettings.Quota(10, Duration.ofSeconds(60));

    private final SettableClock clock = new SettableClock(0);
    private final AtomicInteger looks = new AtomicInteger();
    private boolean away;

    private final Budget budget = new Budget(QUOTA, this::look, Duration.ofSeconds(20), clock::nanos);

    @Test
    void thousands_of_answers_cost_one_look_a_second() {
        for (int i = 0; i < 1000; i++) {
            assertThat(budget.standing().orElseThrow().left()).isEqualTo(1);
        }
        clock.advance(Duration.ofSeconds(1));

        assertThat(budget.standing().orElseThrow().left()).isEqualTo(2);
        assertThat(looks.get()).isEqualTo(2);
    }

    @Test
    void what_nobody_knows_is_not_told() {
        away = true;
        assertThat(budget.standing()).isEmpty();
        away = false;
        assertThat(budget.standing()).isEmpty();
        clock.advance(Duration.ofSeconds(1));
        assertThat(budget.standing()).isPresent();
    }

    @Test
    void an_answer_does_not_wait_for_a_redis_that_is_slow() throws Exception {
        CountDownLatch answered = new CountDownLatch(1);
        Budget slow = new Budget(
                QUOTA,
                () -> {
                    try {
                        answered.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    return look();
                },
                Duration.ofMillis(50),
                clock::nanos);

        assertThat(slow.standing()).isEmpty();
        answered.countDown();
        await().until(() -> slow.standing().isPresent());
    }

    private Standing look() {
        if (away) {
            throw new DataAccessResourceFailureException("away");
        }
        return new Standing(looks.incrementAndGet(), Duration.ZERO);
    }
}
