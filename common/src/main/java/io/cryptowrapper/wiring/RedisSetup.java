package io.cryptowrapper.wiring;

import io.cryptowrapper.settings.CryptoSettings;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.resource.Delay;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.springframework.boot.data.redis.autoconfigure.ClientResourcesBuilderCustomizer;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientOptionsBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;

/** Redis, so set up that nobody waits long for it when it is away. */
@Configuration(proxyBeanMethods = false)
class RedisSetup {

    /** Those whose callers have given up count too. */
    private static final int MOST_WAITING = 20_000;

    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    /** For the connection that only listens: {@link SilenceGuard} looks after those that ask. */
    private static final SocketOptions.KeepAliveOptions KEEP_ALIVE = SocketOptions.KeepAliveOptions.builder()
            .enable()
            .idle(Duration.ofSeconds(10))
            .interval(Duration.ofSeconds(3))
            .count(3)
            .build();

    private static final int MOST_SECONDS_FOR_AN_ADDRESS = 5;

    @Bean
    LettuceClientOptionsBuilderCustomizer boundWhatWaits() {
        // By default commands are kept without bound, until the connection is back or a silent server answers.
        return options -> options.disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .requestQueueSize(MOST_WAITING)
                .socketOptions(options.build()
                        .getSocketOptions()
                        .mutate()
                        .keepAlive(KEEP_ALIVE)
                        .build());
    }

    @Bean
    ClientResourcesBuilderCustomizer noticeSilence() {
        return resources -> resources.nettyCustomizer(new NettyCustomizer() {
            @Override
            public void afterChannelInitialized(Channel channel) {
                channel.pipeline().addFirst(new SilenceGuard());
            }
        });
    }

    /**
     * Lettuce waits longer and longer, up to half a minute, before it tries to connect again; and it keeps an address
     * for as long as its name server allows, Docker's for ten minutes, while a container that is started again may have
     * another.
     */
    @Bean
    ClientResourcesBuilderCustomizer reconnectSoon() {
        return resources -> resources
                .reconnectDelay(Delay.exponential(Duration.ofMillis(50), LONGEST_PAUSE, 2, TimeUnit.MILLISECONDS))
                .addressResolverGroup(new DnsAddressResolverGroup(new DnsNameResolverBuilder()
                        .datagramChannelType(NioDatagramChannel.class)
                        .socketChannelType(NioSocketChannel.class)
                        .ttl(0, MOST_SECONDS_FOR_AN_ADDRESS)));
    }

    @Bean
    @Primary
    StringRedisTemplate stringRedisTemplate(RedisConnectionFactory connections) {
        return new WatchedRedis(new PromptConnections(connections));
    }

    /** For grants, results and the outbox: what would break a promise if a new primary did not know it. */
    @Bean
    StringRedisTemplate replicatedRedis(
            StringRedisTemplate redis, LettuceConnectionFactory connections, CryptoSettings settings) {
        int replicas = settings.redis().replicas();
        return replicas == 0 ? redis : ReplicatedRedis.like(connections, replicas);
    }
}
