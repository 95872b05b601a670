package io.cryptowrapper.batch;

import io.cryptowrapper.system.Servers;
import java.util.List;

/** On the embedded servers. */
class EmbeddedBatchIT extends BatchSuite {

    @Override
    Servers startServers() {
        return Servers.embedded(List.of(DELAY));
    }
}
