package io.cryptowrapper.containers;

import static org.awaitility.Awaitility.await;

import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;

/** The sudden end of a container, and its next start with what is on its disk. */
final class Crash {

    private Crash() {}

    /** Ends all its processes as {@code kill -9} does. */
    static void kill(GenericContainer<?> container) {
        DockerClientFactory.instance()
                .client()
                .killContainerCmd(container.getContainerId())
                .withSignal("SIGKILL")
                .exec();
        await().until(() -> !container.isRunning());
    }

    static void startAgain(GenericContainer<?> container) {
        DockerClientFactory.instance()
                .client()
                .startContainerCmd(container.getContainerId())
                .exec();
    }

    /** The port of the host that leads to a port of the container. Each start changes it. */
    static int portOf(GenericContainer<?> container, int port) {
        return container.getCurrentContainerInfo().getNetworkSettings().getPorts().getBindings().entrySet().stream()
                .filter(binding -> binding.getKey().getPort() == port && binding.getValue() != null)
                .map(binding -> Integer.parseInt(binding.getValue()[0].getHostPortSpec()))
                .findFirst()
                .orElseThrow();
    }
}
