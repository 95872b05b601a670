package io.cryptowrapper.results;

import io.cryptowrapper.signing.MessageId;
import java.util.function.Consumer;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.listener.ChannelTopic;
import org.springframework.data.redis.listener.RedisMessageListenerContainer;

/** Tells whoever waits in this process of the messages whose status has changed, in whichever process it did. */
public class StatusNews {

    private final RedisConnectionFactory connections;
    private final RedisKeys keys;

    public StatusNews(RedisConnectionFactory connections, RedisKeys keys) {
        this.connections = connections;
        this.keys = keys;
    }

    /** News may be missed while Redis is away: whoever listens looks from time to time as well. */
    public RedisMessageListenerContainer subscribe(Consumer<MessageId> listener) {
        var container = new RedisMessageListenerContainer();
        container.setConnectionFactory(connections);
        container.addMessageListener(
                (message, pattern) -> listener.accept(
                        new MessageId(new String(message.getBody(), java.nio.charset.StandardCharsets.UTF_8))),
                new ChannelTopic(keys.news()));
        return container;
    }
}
