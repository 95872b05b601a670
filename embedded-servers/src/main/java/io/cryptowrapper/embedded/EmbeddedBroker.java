package io.cryptowrapper.embedded;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.apache.qpid.server.SystemLauncher;
import org.apache.qpid.server.SystemLauncherListener;
import org.apache.qpid.server.model.Broker;
import org.apache.qpid.server.model.Port;
import org.apache.qpid.server.model.Queue;
import org.apache.qpid.server.model.SystemConfig;
import org.apache.qpid.server.model.VirtualHost;
import org.apache.qpid.server.model.VirtualHostNode;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * An AMQP broker in this JVM (Apache Qpid Broker-J), reachable on loopback only, that keeps its messages on disk.
 *
 * <p>It knows none of RabbitMQ's queue arguments and is told to ignore them when a client declares a queue; so the
 * queues are made here, and those arguments that say how long a message waits, and where it goes then, are translated.
 */
public final class EmbeddedBroker implements AutoCloseable {

    private static final String VIRTUAL_HOST = "wrapper";
    private static final String USER = "wrapper";

    /** How often Qpid looks for messages whose delay is over, in milliseconds; its default is 30 s. */
    private static final int EXPIRY_CHECK_PERIOD = 200;

    /** How many channels a connection may have: a worker has one for each message that is under way; by default 256. */
    private static final int CHANNELS = 1024;

    /**
     * Qpid has as many as there are processors. With one, a removal of old messages may wait a minute for a lock of a
     * publish whose commit waits for the thread.
     */
    private static final int STORE_THREADS = 4;

    private final SystemLauncher launcher;
    private final int port;
    private final String password;

    private EmbeddedBroker(SystemLauncher launcher, int port, String password) {
        this.launcher = launcher;
        this.port = port;
        this.password = password;
    }

    /**
     * Starts a broker.
     *
     * @param directory where it keeps its messages; what an earlier broker left there is there again
     * @param queues the queues by their names, each with the arguments that RabbitMQ would take; one that others
     *     dead-letter to comes before them
     * @throws StartException if it cannot start
     */
    public static EmbeddedBroker start(Path directory, SequencedMap<String, Map<String, Object>> queues) {
        String password = Secret.random();
        var container = new Container();
        var launcher = new SystemLauncher(container);
        try {
            Files.createDirectories(directory);
            keepDerbyLogIn(directory);
            Path configuration = Files.createTempFile("broker", ".json");
            try {
                Files.writeString(configuration, configuration(directory, password));
                launcher.startup(Map.of(
                        SystemConfig.TYPE,
                        "Memory",
                        SystemConfig.INITIAL_CONFIGURATION_LOCATION,
                        configuration.toUri().toString(),
                        "initialSystemPropertiesLocation",
                        noSystemPropertiesIn(directory),
                        "startupLoggedToSystemOut",
                        false));
            } finally {
                Files.delete(configuration);
            }
            Broker<?> broker = container.broker();
            removeShutdownHook(broker);
            provision(broker, queues);
            return new EmbeddedBroker(launcher, boundPort(broker), password);
        } catch (Exception e) {
            launcher.shutdown();
            throw new StartException("The embedded broker cannot start on " + directory + ": " + e.getMessage(), e);
        }
    }

    public int port() {
        return port;
    }

    public String username() {
        return USER;
    }

    /** A new one at each start. */
    public String password() {
        return password;
    }

    public String virtualHost() {
        return VIRTUAL_HOST;
    }

    @Override
    public void close() {
        launcher.shutdown();
    }

    /** Creates the queues that are missing: at the first start all, later those of a changed list of delays. */
    private static void provision(Broker<?> broker, SequencedMap<String, Map<String, Object>> queues) {
        VirtualHostNode<?> node =
                broker.getChildren(VirtualHostNode.class).iterator().next();
        VirtualHost<?> host = node.getVirtualHost();
        queues.forEach((name, arguments) -> {
            if (host.getChildByName(Queue.class, name) == null) {
                Map<String, Object> attributes = new HashMap<>(translated(arguments));
                attributes.put("name", name);
                attributes.put("type", "standard");
                attributes.put("durable", true);
                host.createChild(Queue.class, attributes);
            }
        });
    }

    private static Map<String, Object> translated(Map<String, Object> arguments) {
        Object ttl = arguments.get("x-message-ttl");
        Object target = arguments.get("x-dead-letter-routing-key");
        return ttl == null || target == null
                ? Map.of()
                : Map.of(
                        "minimumMessageTtl",
                        ttl,
                        "maximumMessageTtl",
                        ttl,
                        "expiryPolicy",
                        "ROUTE_TO_ALTERNATE",
                        "alternateBinding",
                        Map.of("destination", target));
    }

    /**
     * Takes Qpid's own hook away, which has no setting: it would stop the broker at the same time as the services that
     * still hand their messages back to it.
     */
    private static void removeShutdownHook(Broker<?> broker) {
        for (Class<?> type = broker.getClass(); type != null; type = type.getSuperclass()) {
            try {
                Field hook = type.getDeclaredField("_shutdownHook");
                hook.setAccessible(true);
                Runtime.getRuntime().removeShutdownHook((Thread) hook.get(broker));
                return;
            } catch (NoSuchFieldException e) {
                // In a class above.
            } catch (IllegalAccessException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static int boundPort(Broker<?> broker) {
        return broker.getChildren(Port.class).iterator().next().getBoundPort();
    }

    private static String configuration(Path directory, String password) {
        var plain = Map.of(
                "name",
                "plain",
                "type",
                "Plain",
                // Otherwise a password is taken over TLS only; this one never leaves the machine.
                "secureOnlyMechanisms",
                List.of(),
                "users",
                List.of(Map.of("name", USER, "type", "managed", "password", password)));
        var amqp = Map.of(
                "name",
                "amqp",
                "bindingAddress",
                "127.0.0.1",
                "port",
                0,
                "protocols",
                List.of("AMQP_0_9_1"),
                "authenticationProvider",
                "plain",
                "virtualhostaliases",
                List.of(Map.of("name", "nameAlias", "type", "nameAlias")));
        var node = Map.of(
                "name",
                VIRTUAL_HOST,
                "type",
                "DERBY",
                "storePath",
                directory.toAbsolutePath().toString(),
                "defaultVirtualHostNode",
                true,
                "virtualHostInitialConfiguration",
                "{\"type\":\"ProvidedStore\"}");
        return JsonMapper.shared()
                .writeValueAsString(Map.of(
                        "name", "embedded",
                        "modelVersion", "9.1",
                        "context",
                                Map.of(
                                        "queue.behaviourOnUnknownDeclareArgument",
                                        "IGNORE",
                                        "virtualhost.housekeepingCheckPeriod",
                                        EXPIRY_CHECK_PERIOD,
                                        "qpid.port.sessionCountLimit",
                                        CHANNELS,
                                        "qpid.jdbcstore.executorThreads",
                                        STORE_THREADS),
                        "authenticationproviders", List.of(plain),
                        "ports", List.of(amqp),
                        "virtualhostnodes", List.of(node)));
    }

    /** Otherwise Derby, which keeps the messages, writes into the directory that the program was started in. */
    private static void keepDerbyLogIn(Path directory) {
        System.setProperty(
                "derby.stream.error.file",
                directory.resolve("derby.log").toAbsolutePath().toString());
    }

    /** Qpid looks for a file of system properties by a name that does not work inside a jar of jars. */
    private static String noSystemPropertiesIn(Path directory) throws IOException {
        Path empty = directory.resolve("no-system.properties");
        Files.write(empty, new byte[0]);
        return empty.toUri().toString();
    }

    /** Keeps hold of what the launcher makes, as it has no accessor for it. */
    private static final class Container implements SystemLauncherListener {

        private @Nullable SystemConfig<?> system;

        Broker<?> broker() {
            if (system == null) {
                throw new IllegalStateException("the broker did not start");
            }
            return (Broker<?>) system.getContainer();
        }

        @Override
        public void onContainerResolve(SystemConfig<?> resolved) {
            system = resolved;
        }

        @Override
        public void beforeStartup() {}

        @Override
        public void errorOnStartup(RuntimeException e) {}

        @Override
        public void afterStartup() {}

        @Override
        public void onContainerClose(SystemConfig<?> closed) {}

        @Override
        public void onShutdown(int exitCode) {}

        @Override
        public void exceptionOnShutdown(Exception e) {}
    }
}
