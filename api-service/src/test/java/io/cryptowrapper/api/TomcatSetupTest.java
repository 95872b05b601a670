package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TomcatSetupTest {

    private static final long MIB = 1024 * 1024;

    @Test
    void a_heap_takes_fewer_connections_when_messages_may_be_larger_and_never_more_than_fit() {
        assertThat(TomcatSetup.connectionsIn(512 * MIB, 32 * 1024)).isEqualTo(2730);
        assertThat(TomcatSetup.connectionsIn(512 * MIB, 200 * 1024)).isEqualTo(753);
        assertThat(TomcatSetup.connectionsIn(256 * MIB, 32 * 1024)).isEqualTo(1365);
    }

    @Test
    void connections_are_left_for_those_who_are_told_that_too_many_ask() {
        assertThat(TomcatSetup.atOnce(1000, 2048)).isEqualTo(1000);
        assertThat(TomcatSetup.atOnce(5000, 2048)).isEqualTo(1536);
        assertThat(TomcatSetup.atOnce(1000, 753)).isEqualTo(564);
    }
}
