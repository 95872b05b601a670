package io.cryptowrapper.wiring;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.api.StatefulConnection;
import java.time.Duration;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration.LettuceClientConfigurationBuilder;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettucePoolingClientConfiguration;

/** Connections of their own to the same Redis, with the same settings but for some. Who gets them destroys them. */
final class RedisConnections {

    private RedisConnections() {}

    /** Each has its connection to itself for as long as it uses it. */
    static LettuceConnectionFactory pooled(
            LettuceConnectionFactory like, GenericObjectPoolConfig<StatefulConnection<?, ?>> pool) {
        var configuration = LettucePoolingClientConfiguration.builder();
        configuration.poolConfig(pool);
        like.getClientConfiguration().getClientOptions().ifPresent(configuration::clientOptions);
        return started(like, configuration, like.getClientConfiguration().getCommandTimeout(), false);
    }

    /** To connect, and each command, may take as long as {@code patience}. */
    static LettuceConnectionFactory patient(LettuceConnectionFactory like, Duration patience) {
        var configuration = LettuceClientConfiguration.builder();
        ClientOptions options = like.getClientConfiguration().getClientOptions().orElseGet(ClientOptions::create);
        configuration.clientOptions(options.mutate()
                .socketOptions(options.getSocketOptions()
                        .mutate()
                        .connectTimeout(patience)
                        .build())
                .build());
        return started(like, configuration, patience, true);
    }

    private static LettuceConnectionFactory started(
            LettuceConnectionFactory like,
            LettuceClientConfigurationBuilder configuration,
            Duration commandTimeout,
            boolean shared) {
        LettuceClientConfiguration same = like.getClientConfiguration();
        configuration.commandTimeout(commandTimeout);
        same.getClientResources().ifPresent(configuration::clientResources);
        if (same.isUseSsl()) {
            configuration.useSsl();
        }
        var connections = new LettuceConnectionFactory(server(like), configuration.build());
        connections.setShareNativeConnection(shared);
        connections.afterPropertiesSet();
        connections.start();
        return connections;
    }

    private static RedisConfiguration server(LettuceConnectionFactory like) {
        if (like.getSentinelConfiguration() != null) {
            return like.getSentinelConfiguration();
        }
        return like.getStandaloneConfiguration();
    }
}
