package io.cryptowrapper.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.testing.Servers;
import java.util.ArrayList;
import java.util.List;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import tools.jackson.databind.json.JsonMapper;

/** The messages that the APIs have put on the retry queue. They are taken from it, as no worker does. */
final class QueuedMessages {

    private static final String QUEUE = "sign.wait.600s";
    private static final RabbitTemplate BROKER = new RabbitTemplate(connections(TestServers.get()));
    private static final List<String> SEEN = new ArrayList<>();

    private QueuedMessages() {}

    /** How often a message has been queued so far. */
    static long times(String message) {
        return all().stream().filter(message::equals).count();
    }

    /** All that have been queued so far, in order. */
    static synchronized List<String> all() {
        Message next;
        while ((next = BROKER.receive(QUEUE)) != null) {
            SEEN.add(JsonMapper.shared()
                    .readTree(new String(next.getBody(), UTF_8))
                    .get("message")
                    .asString());
        }
        return List.copyOf(SEEN);
    }

    /** Waits until a message is queued, which may be later than its answer, and checks that it is queued once. */
    static void awaitOnce(String message) {
        await().untilAsserted(() -> assertThat(times(message)).isEqualTo(1));
    }

    private static CachingConnectionFactory connections(Servers servers) {
        var factory = new CachingConnectionFactory("127.0.0.1", servers.brokerPort());
        factory.setUsername(servers.property("spring.rabbitmq.username"));
        factory.setPassword(servers.property("spring.rabbitmq.password"));
        factory.setVirtualHost(servers.property("spring.rabbitmq.virtual-host"));
        return factory;
    }
}
