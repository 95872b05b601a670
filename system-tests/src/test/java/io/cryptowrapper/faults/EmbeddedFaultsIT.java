package io.cryptowrapper.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.faults.Fault.Harm;
import io.cryptowrapper.system.Processes;
import io.cryptowrapper.system.Servers;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** The fault table on the embedded servers. */
class EmbeddedFaultsIT extends FaultTable {

    private final Servers servers = Servers.embedded(List.of(Duration.ofSeconds(1)));

    @Override
    Servers servers() {
        return servers;
    }

    /** How connections break is no matter of the server; the other ways are tried on containers. */
    @Override
    Stream<Harm> absences() {
        return Stream.of(Harm.CUT);
    }

    @Test
    void a_virtual_thread_that_cannot_leave_its_carrier_stops_no_others() throws Exception {
        assertThat(Processes.virtualThreads(programs().api())).contains("parallelism = 64");
    }

    @AfterAll
    void stopServers() {
        servers.close();
    }
}
