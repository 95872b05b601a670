package io.cryptowrapper.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.testing.SettableClock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ReceiversTest {

    private final SettableClock clock = new SettableClock(0);
    private final Receivers receivers = new Receivers(clock::nanos);

    @Test
    void a_host_has_so_many_places_and_others_have_their_own() throws Exception {
        fill("slow.example");
        clock.advance(Duration.ofMillis(500));

        assertThat(receivers.enter("slow.example")).isFalse();
        assertThat(receivers.enter("other.example")).isTrue();

        receivers.leave("slow.example");
        assertThat(receivers.enter("slow.example")).isTrue();
    }

    @Test
    void who_finds_none_gets_one_that_becomes_free_soon() throws Exception {
        fill("quick.example");
        CompletableFuture<Boolean> waiting = enterLater("quick.example");
        assertThat(waiting).isNotDone();

        receivers.leave("quick.example");

        await().until(waiting::isDone);
        assertThat(waiting.join()).isTrue();
    }

    @Test
    void who_waits_for_a_host_that_gives_none_back_does_not_wait_long() throws Exception {
        Receivers real = new Receivers(System::nanoTime);
        for (int i = 0; i < Receivers.PLACES_OF_ONE; i++) {
            real.enter("slow.example");
        }

        assertThat(real.enter("slow.example")).isFalse();
    }

    private void fill(String host) throws InterruptedException {
        for (int i = 0; i < Receivers.PLACES_OF_ONE; i++) {
            assertThat(receivers.enter(host)).isTrue();
        }
    }

    private CompletableFuture<Boolean> enterLater(String host) {
        var entered = new CompletableFuture<Boolean>();
        Thread.ofVirtual().start(() -> {
            try {
                entered.complete(receivers.enter(host));
            } catch (InterruptedException e) {
                entered.completeExceptionally(e);
            }
        });
        return entered;
    }
}
