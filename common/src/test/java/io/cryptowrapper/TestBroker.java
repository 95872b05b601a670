package io.cryptowrapper;

import static org.awaitility.Awaitility.await;

import io.cryptowrapper.callbacks.CallbackTopology;
import io.cryptowrapper.retryqueue.RetryTopology;
import io.cryptowrapper.testing.Servers;
import io.cryptowrapper.testing.TestSession;
import java.util.Collection;
import java.util.Objects;
import org.jspecify.annotations.NullMarked;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitTemplate;

/** The broker of all tests of this module; each test leaves its queues empty. */
@NullMarked
public final class TestBroker {

    /** Has a short delay, a longer one, and one that no test waits for. */
    public static final RetryTopology RETRIES = TestServers.RETRIES;

    /** For tests that delete queues: the embedded broker recreates them without their delays. */
    public static final RetryTopology DAMAGED_RETRIES = TestServers.DAMAGED_RETRIES;

    /** The first attempt has no delay, and the second one a short delay. */
    public static final CallbackTopology CALLBACKS = TestServers.CALLBACKS;

    private static final CachingConnectionFactory CONNECTIONS = shared();

    private TestBroker() {}

    public static int port() {
        return TestServers.SERVERS.brokerPort();
    }

    /** Connections that all tests share. */
    public static CachingConnectionFactory connections() {
        return CONNECTIONS;
    }

    /** New connections through another port. The caller destroys them. */
    public static CachingConnectionFactory connect(int port) {
        Servers servers = TestServers.SERVERS;
        CachingConnectionFactory connections = connect(
                port, servers.property("spring.rabbitmq.username"), servers.property("spring.rabbitmq.password"));
        connections.setVirtualHost(servers.property("spring.rabbitmq.virtual-host"));
        return connections;
    }

    /** New connections to any broker. The caller destroys them. */
    public static CachingConnectionFactory connect(int port, String username, String password) {
        var connections = new CachingConnectionFactory("127.0.0.1", port);
        connections.setUsername(username);
        connections.setPassword(password);
        connections.setPublisherConfirmType(CachingConnectionFactory.ConfirmType.CORRELATED);
        connections.setPublisherReturns(true);
        connections.setChannelCacheSize(64);
        return connections;
    }

    /** Set up for publishers as in the services. */
    public static RabbitTemplate template(CachingConnectionFactory connections) {
        var rabbit = new RabbitTemplate(connections);
        rabbit.setMandatory(true);
        rabbit.setUsePublisherConnection(true);
        rabbit.setReturnsCallback(returned -> {});
        return rabbit;
    }

    /** Empties queues, repeatedly if a message moves from one to another meanwhile. */
    public static void purge(Collection<String> queues) {
        RabbitTemplate rabbit = template(CONNECTIONS);
        await().until(() -> {
            queues.forEach(queue -> rabbit.execute(channel -> channel.queuePurge(queue)));
            return queues.stream()
                            .mapToLong(queue -> Objects.requireNonNull(
                                    rabbit.<Long>execute(channel -> channel.messageCount(queue))))
                            .sum()
                    == 0;
        });
    }

    private static CachingConnectionFactory shared() {
        CachingConnectionFactory connections = connect(port());
        TestSession.<AutoCloseable>share(connections::destroy);
        return connections;
    }
}
