package io.cryptowrapper.containers;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;

/** The sudden end of a container, and its next start with what is on its disk. */
final class Crash {

    private Crash() {}

    /** As kill -9 does, to all its processes. */
    static void kill(GenericContainer<?> container) {
        var docker = DockerClientFactory.instance().client();
        docker.killContainerCmd(container.getContainerId())
                .withSignal("SIGKILL")
                .exec();
        await().atMost(Duration.ofSeconds(30)).until(() -> !container.isRunning());
    }

    static void startAgain(GenericContainer<?> container) {
        DockerClientFactory.instance()
                .client()
                .startContainerCmd(container.getContainerId())
                .exec();
    }

    /** Where a port of the container is on its host now: another one after each start. */
    static int portOf(GenericContainer<?> container, int port) {
        return container.getCurrentContainerInfo().getNetworkSettings().getPorts().getBindings().entrySet().stream()
                .filter(binding -> binding.getKey().getPort() == port && binding.getValue() != null)
                .map(binding -> Integer.parseInt(binding.getValue()[0].getHostPortSpec()))
                .findFirst()
                .orElseThrow();
    }
}
