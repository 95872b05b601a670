package io.cryptowrapper.push;

import com.redis.testcontainers.RedisContainer;
import io.cryptowrapper.system.NeedsContainers;
import io.cryptowrapper.system.Servers;
import io.cryptowrapper.testing.Containers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.testcontainers.rabbitmq.RabbitMQContainer;

/** On RabbitMQ and Redis in containers. */
@NeedsContainers
class ContainerPushIT extends PushSuite {

    private final RabbitMQContainer rabbit = Containers.rabbitMq();
    private final RedisContainer redis = Containers.redis();

    @BeforeAll
    void startServers() {
        rabbit.start();
        redis.start();
    }

    @AfterAll
    void stopServers() {
        redis.stop();
        rabbit.stop();
    }

    @Override
    Servers servers() {
        return Servers.in(rabbit, redis);
    }
}
