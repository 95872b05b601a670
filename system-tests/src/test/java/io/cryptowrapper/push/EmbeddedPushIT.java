package io.cryptowrapper.push;

import io.cryptowrapper.system.Servers;
import java.util.List;

/** On the embedded servers. */
class EmbeddedPushIT extends PushSuite {

    @Override
    Servers startServers() {
        return Servers.embedded(List.of(DELAY));
    }
}
