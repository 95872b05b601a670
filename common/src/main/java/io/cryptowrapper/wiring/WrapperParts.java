package io.cryptowrapper.wiring;

import io.cryptowrapper.callbacks.CallbackPublisher;
import io.cryptowrapper.callbacks.CallbackQueue;
import io.cryptowrapper.callbacks.CallbackTargets;
import io.cryptowrapper.callbacks.CallbackTopology;
import io.cryptowrapper.callbacks.ParkedCallbacks;
import io.cryptowrapper.ending.CallbackRelease;
import io.cryptowrapper.ending.StatusRecorder;
import io.cryptowrapper.results.Backlog;
import io.cryptowrapper.results.CallbackLooks;
import io.cryptowrapper.results.CallbackRegistry;
import io.cryptowrapper.results.Outbox;
import io.cryptowrapper.results.RedisKeys;
import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.results.StatusNews;
import io.cryptowrapper.results.WaitingLine;
import io.cryptowrapper.retryqueue.RetryPublisher;
import io.cryptowrapper.retryqueue.RetryTopology;
import io.cryptowrapper.retryqueue.WorkQueue;
import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.RetryPolicy;
import io.cryptowrapper.signing.UpstreamName;
import io.cryptowrapper.upstream.UpstreamClient;
import io.cryptowrapper.upstream.UpstreamQuota;
import java.time.Clock;
import java.util.HashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.Declarables;
import org.springframework.amqp.core.Queue;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.data.redis.core.StringRedisTemplate;

/** The list of the shared parts: the upstream and its budget, the results in Redis, the queues in RabbitMQ. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(CryptoSettings.class)
@Import({
    RedisSetup.class,
    RabbitSetup.class,
    WarmUp.class,
    UpstreamKeyHealth.class,
    SignatureWatch.class,
    ExitWithParent.class
})
public class WrapperParts {

    static final String REPLICATED = "replicatedRedis";

    @Bean
    Clock clock() {
        return Clock.systemUTC();
    }

    @Bean
    UpstreamName upstreamName() {
        return UpstreamName.SIGN;
    }

    @Bean
    RetryPolicy retryPolicy(CryptoSettings settings) {
        CryptoSettings.Retry retry = settings.retry();
        return new RetryPolicy(
                UpstreamQuota.pace(settings.api().quota(), retry.period()), retry.delays(), retry.giveUpAfter());
    }

    @Bean
    UpstreamClient upstreamClient(CryptoSettings settings, SignatureWatch watch, Clock clock) {
        return new UpstreamClient(settings.api(), watch, clock);
    }

    @Bean
    UpstreamQuota upstreamQuota(
            StringRedisTemplate redis,
            @Qualifier(REPLICATED) StringRedisTemplate replicated,
            RedisKeys keys,
            CryptoSettings settings) {
        return new UpstreamQuota(
                redis,
                replicated,
                keys.quota(),
                settings.api().quota(),
                settings.retry().period());
    }

    @Bean
    RedisKeys redisKeys(UpstreamName upstream, CryptoSettings settings) {
        return RedisKeys.of(upstream, settings);
    }

    @Bean
    SignatureStore signatureStore(
            StringRedisTemplate redis, @Qualifier(REPLICATED) StringRedisTemplate replicated, RedisKeys keys) {
        return new SignatureStore(redis, replicated, keys);
    }

    @Bean
    CallbackRegistry callbackRegistry(@Qualifier(REPLICATED) StringRedisTemplate replicated, RedisKeys keys) {
        return new CallbackRegistry(replicated, keys);
    }

    @Bean
    CallbackLooks callbackLooks(
            StringRedisTemplate redis, @Qualifier(REPLICATED) StringRedisTemplate replicated, RedisKeys keys) {
        return new CallbackLooks(redis, replicated, keys);
    }

    @Bean
    CallbackRelease callbackRelease(
            CallbackRegistry registry, CallbackLooks looks, CallbackPublisher publisher, Clock clock) {
        return new CallbackRelease(registry, looks, publisher, clock);
    }

    @Bean
    StatusRecorder statusRecorder(SignatureStore store, CallbackRelease callbacks, CryptoSettings settings) {
        return new StatusRecorder(store, callbacks, settings.callbacks().enabled());
    }

    @Bean
    WaitingLine waitingLine(StringRedisTemplate redis, RedisKeys keys) {
        return new WaitingLine(redis, keys);
    }

    @Bean
    Outbox outbox(@Qualifier(REPLICATED) StringRedisTemplate replicated, RedisKeys keys) {
        return new Outbox(replicated, keys);
    }

    @Bean
    Backlog backlog(StringRedisTemplate redis, RedisKeys keys) {
        return new Backlog(redis, keys);
    }

    @Bean
    StatusNews statusNews(StringRedisTemplate redis, RedisKeys keys) {
        return new StatusNews(redis, keys);
    }

    @Bean
    RetryTopology retryTopology(UpstreamName upstream, RetryPolicy policy) {
        return new RetryTopology(upstream, policy.delays());
    }

    @Bean
    CallbackTopology callbackTopology(UpstreamName upstream, CryptoSettings settings) {
        return new CallbackTopology(upstream, settings.callbacks().delays());
    }

    @Bean
    Declarables queues(RetryTopology retries, CallbackTopology callbacks, CryptoSettings settings) {
        // No more than are used: whenever a connection is made, messages wait until all of them have been declared.
        var queues = settings.callbacks().enabled() ? Queues.all(retries, callbacks) : retries.queues();
        return new Declarables(queues.entrySet().stream()
                .map(queue -> new Queue(
                        queue.getKey(), true, false, false, new HashMap<String, @Nullable Object>(queue.getValue())))
                .toList());
    }

    @Bean
    RetryPublisher retryPublisher(RabbitTemplate rabbit, RetryTopology topology) {
        return new RetryPublisher(rabbit, topology);
    }

    @Bean
    CallbackPublisher callbackPublisher(RabbitTemplate rabbit, CallbackTopology topology, Clock clock) {
        return new CallbackPublisher(rabbit, topology, clock);
    }

    @Bean
    CallbackQueue callbackQueue(ConnectionFactory connections, CallbackTopology topology) {
        return new CallbackQueue(connections, topology);
    }

    @Bean
    ParkedCallbacks parkedCallbacks(
            CallbackQueue queue, CallbackTopology topology, CallbackPublisher publisher, Clock clock) {
        return new ParkedCallbacks(queue, topology, publisher, clock);
    }

    @Bean
    CallbackTargets callbackTargets(CryptoSettings settings) {
        return new CallbackTargets(settings.callbacks().allowedTargets());
    }

    @Bean
    WorkQueue workQueue(ConnectionFactory connections, RetryTopology topology, RetryPublisher publisher) {
        return new WorkQueue(connections, topology, publisher);
    }
}
