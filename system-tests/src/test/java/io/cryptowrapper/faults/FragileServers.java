package io.cryptowrapper.faults;

import static java.lang.Boolean.TRUE;
import static java.time.Duration.ofSeconds;
import static org.awaitility.Awaitility.await;

import com.github.dockerjava.api.DockerClient;
import com.redis.testcontainers.RedisContainer;
import io.cryptowrapper.embedded.Ports;
import io.cryptowrapper.system.Project;
import io.cryptowrapper.testing.Containers;
import io.cryptowrapper.testing.Servers;
import java.util.List;
import java.util.Objects;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.rabbitmq.RabbitMQContainer;
import org.testcontainers.utility.MountableFile;

/** RabbitMQ and Redis in containers that can be harmed in every way, and keep their ports when they come back. */
final class FragileServers implements AutoCloseable {

    private static final int AMQP = 5672;
    private static final int REDIS = 6379;

    private final DockerClient docker = DockerClientFactory.instance().client();
    private final RabbitMQContainer rabbit = Containers.rabbitMq();
    private final RedisContainer redis = Containers.redis();

    private FragileServers() {
        keepPort(rabbit, AMQP);
        keepPort(redis, REDIS);
        rabbit.withCopyFileToContainer(
                MountableFile.forHostPath(Project.ROOT.resolve("docker").resolve("advanced.config")),
                "/etc/rabbitmq/advanced.config");
        rabbit.start();
        redis.start();
    }

    static FragileServers start() {
        return new FragileServers();
    }

    Servers servers() {
        return Servers.in(rabbit, redis);
    }

    void killBroker() {
        kill(rabbit);
    }

    /** As SIGTERM does. */
    void stopBroker() {
        stop(rabbit);
    }

    void startBroker() {
        start(rabbit);
    }

    void killRedis() {
        kill(redis);
    }

    /** As SIGTERM does. */
    void stopRedis() {
        stop(redis);
    }

    void startRedis() {
        start(redis);
    }

    /** From now on the broker is there, and says nothing. */
    void freezeBroker() {
        pause(rabbit);
    }

    void thawBroker() {
        docker.unpauseContainerCmd(rabbit.getContainerId()).exec();
    }

    /** From now on Redis is there, and says nothing. */
    void freezeRedis() {
        pause(redis);
    }

    void thawRedis() {
        docker.unpauseContainerCmd(redis.getContainerId()).exec();
    }

    /** RabbitMQ takes no messages as long as it uses more of the memory than this share. */
    void limitBrokersMemory(double share) {
        in(rabbit, "rabbitmqctl", "set_vm_memory_high_watermark", Double.toString(share));
    }

    /** Each queue takes no more than so many messages. */
    void limitQueues(int messages) {
        in(rabbit, "rabbitmqctl", "set_policy", "limit", "^sign\\.", "{\"max-length\":" + messages + "}");
    }

    void unlimitQueues() {
        in(rabbit, "rabbitmqctl", "clear_policy", "limit");
    }

    /** How many messages the broker has, in all queues. */
    String queues() {
        return in(rabbit, "rabbitmqctl", "-q", "list_queues", "name", "messages", "memory");
    }

    /** How many bytes the broker says that it uses. */
    long brokersMemory() {
        return Long.parseLong(in(rabbit, "rabbitmqctl", "-q", "eval", "erlang:memory(total)."));
    }

    /** A number that Redis tells of itself. */
    long redisInfo(String section, String name) {
        return redis("info", section)
                .lines()
                .map(String::strip)
                .filter(line -> line.startsWith(name + ":"))
                .mapToLong(line -> Long.parseLong(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow();
    }

    /** A command of Redis, and its answer. */
    String redis(String... command) {
        String[] all = new String[command.length + 1];
        all[0] = "redis-cli";
        System.arraycopy(command, 0, all, 1, command.length);
        return in(redis, all);
    }

    @Override
    public void close() {
        redis.stop();
        rabbit.stop();
    }

    private static void keepPort(GenericContainer<?> container, int port) {
        container.setPortBindings(List.of("127.0.0.1:" + Ports.free() + ":" + port));
    }

    /** An engine that has much to do does not always get all processes to stand still at the first try. */
    private void pause(GenericContainer<?> container) {
        await("a pause of " + container.getDockerImageName())
                .atMost(ofSeconds(30))
                .ignoreExceptions()
                .until(() -> {
                    String id = container.getContainerId();
                    // It may have been done though the engine said that it was not.
                    if (!TRUE.equals(
                            docker.inspectContainerCmd(id).exec().getState().getPaused())) {
                        docker.pauseContainerCmd(id).exec();
                    }
                    return true;
                });
    }

    private void kill(GenericContainer<?> container) {
        docker.killContainerCmd(container.getContainerId())
                .withSignal("SIGKILL")
                .exec();
        await().atMost(ofSeconds(30)).until(() -> !container.isRunning());
    }

    private void stop(GenericContainer<?> container) {
        docker.stopContainerCmd(container.getContainerId()).withTimeout(30).exec();
    }

    private void start(GenericContainer<?> container) {
        docker.startContainerCmd(container.getContainerId()).exec();
    }

    /** What the command prints; a server that has just been started may take it only after a while. */
    private static String in(GenericContainer<?> container, String... command) {
        return Objects.requireNonNull(await(String.join(" ", command))
                .ignoreExceptions()
                .until(() -> output(container.execInContainer(command)), output -> true));
    }

    private static String output(ExecResult result) {
        if (result.getExitCode() != 0) {
            throw new IllegalStateException(result.getStderr());
        }
        return result.getStdout().strip();
    }
}
