package io.cryptowrapper.wiring;

import org.springframework.boot.amqp.autoconfigure.RabbitTemplateCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** RabbitMQ, so set up that a broker which takes no messages still lets them be fetched and acknowledged. */
@Configuration(proxyBeanMethods = false)
class RabbitSetup {

    @Bean
    RabbitTemplateCustomizer publishing() {
        // A broker short of memory stops reading from connections that publish, acknowledgements included.
        return template -> {
            template.setUsePublisherConnection(true);
            // RetryPublisher looks at what is returned; without a callback, a warning is logged as well.
            template.setReturnsCallback(returned -> {});
        };
    }
}
