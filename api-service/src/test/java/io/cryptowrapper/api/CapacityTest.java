package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.settings.CryptoSettings.Batch;
import io.cryptowrapper.settings.CryptoSettings.Requests;
import io.cryptowrapper.settings.CryptoSettings.Waiting;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;

class CapacityTest {

    private static final long MIB = 1024 * 1024;
    private static final long EACH = 144 * 1024;

    @Test
    void a_heap_takes_fewer_connections_when_messages_may_be_larger_and_never_more_than_fit() {
        assertThat(of(2048 * MIB, EACH).connections()).isEqualTo(7281);
        assertThat(of(2048 * MIB, EACH + 16 * 1024).connections()).isEqualTo(6553);
        assertThat(of(2048 * MIB, EACH + 168 * 1024).connections()).isEqualTo(3360);
        assertThat(of(512 * MIB, EACH).connections()).isEqualTo(1820);
        assertThat(of(8192 * MIB, EACH).connections()).isEqualTo(8192);
    }

    @Test
    void connections_are_left_for_those_who_are_told_that_too_many_ask_and_for_those_who_do_not_wait() {
        assertThat(of(2048 * MIB, EACH)).isEqualTo(new Capacity(7281, 1000, 5000, 4));
        assertThat(of(512 * MIB, EACH)).isEqualTo(new Capacity(1820, 1000, 1365, 2));
        assertThat(of(128 * MIB, EACH)).isEqualTo(new Capacity(455, 341, 341, 1));
    }

    @Test
    void fewer_batches_are_worked_on_when_they_may_be_larger_but_one_always() {
        assertThat(of(2048 * MIB, EACH, DataSize.ofMegabytes(4)).batches()).isEqualTo(4);
        assertThat(of(2048 * MIB, EACH, DataSize.ofMegabytes(64)).batches()).isEqualTo(2);
        assertThat(of(64 * MIB, EACH, DataSize.ofMegabytes(64)).batches()).isEqualTo(1);
    }

    private static Capacity of(long heap, long each) {
        return of(heap, each, DataSize.ofMegabytes(4));
    }

    private static Capacity of(long heap, long each, DataSize batch) {
        return Capacity.of(
                new Requests(1000), new Waiting(Duration.ofSeconds(60), 5000), new Batch(batch, 4), 8192, heap, each);
    }
}
