package io.cryptowrapper.batch;

import com.redis.testcontainers.RedisContainer;
import io.cryptowrapper.system.NeedsContainers;
import io.cryptowrapper.system.Servers;
import io.cryptowrapper.testing.Containers;
import org.testcontainers.rabbitmq.RabbitMQContainer;

/** On RabbitMQ and Redis in containers. */
@NeedsContainers
class ContainerBatchIT extends BatchSuite {

    @Override
    Servers startServers() {
        RabbitMQContainer rabbit = Containers.rabbitMq();
        RedisContainer redis = Containers.redis();
        rabbit.start();
        redis.start();
        return Servers.in(rabbit, redis);
    }
}
