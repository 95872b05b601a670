package io.cryptowrapper.wiring;

import io.lettuce.core.ClientOptions;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientOptionsBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;

/** Redis, so set up that nobody waits long for it when it is away. */
@Configuration(proxyBeanMethods = false)
class RedisSetup {

    @Bean
    LettuceClientOptionsBuilderCustomizer rejectWhileDisconnected() {
        // By default commands are kept without bound until the connection is back.
        return options -> options.disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS);
    }

    @Bean
    StringRedisTemplate stringRedisTemplate(RedisConnectionFactory connections) {
        return new StringRedisTemplate(new PromptConnections(connections));
    }
}
