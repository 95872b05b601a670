package io.cryptowrapper.push;

import io.cryptowrapper.system.NeedsContainers;
import io.cryptowrapper.system.Servers;

/** On RabbitMQ and Redis in containers. */
@NeedsContainers
class ContainerPushIT extends PushSuite {

    @Override
    Servers startServers() {
        return Servers.containers();
    }
}
