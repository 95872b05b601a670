package io.cryptowrapper.containers;

import io.cryptowrapper.retryqueue.RetryPublisher;
import io.cryptowrapper.retryqueue.RetryTopology;
import io.cryptowrapper.retryqueue.WorkQueue;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.testcontainers.rabbitmq.RabbitMQContainer;

/** A process that uses a broker in a container, as it is to be found now. */
record BrokerClient(CachingConnectionFactory connections, RetryPublisher publisher, WorkQueue queue)
        implements AutoCloseable {

    private static final int PORT = 5672;
    private static final int CHANNELS = 64;

    static BrokerClient of(RabbitMQContainer rabbit, RetryTopology topology) {
        var connections = new CachingConnectionFactory(rabbit.getHost(), Crash.portOf(rabbit, PORT));
        connections.setUsername(rabbit.getAdminUsername());
        connections.setPassword(rabbit.getAdminPassword());
        connections.setPublisherConfirmType(CachingConnectionFactory.ConfirmType.CORRELATED);
        connections.setPublisherReturns(true);
        connections.setChannelCacheSize(CHANNELS);
        var template = new RabbitTemplate(connections);
        template.setMandatory(true);
        template.setUsePublisherConnection(true);
        template.setReturnsCallback(returned -> {});
        var publisher = new RetryPublisher(template, topology);
        return new BrokerClient(connections, publisher, new WorkQueue(connections, topology, publisher));
    }

    @Override
    public void close() {
        queue.close();
        publisher.close();
        connections.destroy();
    }
}
