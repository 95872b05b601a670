package io.cryptowrapper.batch;

import io.cryptowrapper.system.NeedsContainers;
import io.cryptowrapper.system.Servers;

/** On RabbitMQ and Redis in containers. */
@NeedsContainers
class ContainerBatchIT extends BatchSuite {

    @Override
    Servers startServers() {
        return Servers.containers();
    }
}
