package io.cryptowrapper.push;

import io.cryptowrapper.system.Servers;
import java.util.List;
import org.junit.jupiter.api.AfterAll;

/** On the embedded servers. */
class EmbeddedPushIT extends PushSuite {

    private final Servers servers = Servers.embedded(List.of(DELAY));

    @Override
    Servers servers() {
        return servers;
    }

    @AfterAll
    void stopServers() {
        servers.close();
    }
}
