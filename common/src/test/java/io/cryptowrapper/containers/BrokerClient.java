package io.cryptowrapper.containers;

import static org.awaitility.Awaitility.await;

import io.cryptowrapper.TestBroker;
import io.cryptowrapper.retryqueue.RetryPublisher;
import io.cryptowrapper.retryqueue.RetryTopology;
import io.cryptowrapper.retryqueue.WorkQueue;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.testcontainers.rabbitmq.RabbitMQContainer;

/** A process that uses a broker in a container. */
record BrokerClient(CachingConnectionFactory connections, RetryPublisher publisher, WorkQueue queue)
        implements AutoCloseable {

    private static final int PORT = 5672;

    /** Connects as soon as the broker accepts connections, and declares the queues. */
    static BrokerClient connect(RabbitMQContainer rabbit, RetryTopology topology) {
        CachingConnectionFactory connections =
                TestBroker.connect(Crash.portOf(rabbit, PORT), rabbit.getAdminUsername(), rabbit.getAdminPassword());
        var publisher = new RetryPublisher(TestBroker.template(connections), topology);
        var client = new BrokerClient(connections, publisher, new WorkQueue(connections, topology, publisher));
        await().ignoreExceptions().until(() -> client.queue().depth() >= 0);
        return client;
    }

    @Override
    public void close() {
        queue.close();
        publisher.close();
        connections.destroy();
    }
}
