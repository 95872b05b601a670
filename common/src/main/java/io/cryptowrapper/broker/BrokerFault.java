package io.cryptowrapper.broker;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.PossibleAuthenticationFailureException;
import com.rabbitmq.client.ShutdownSignalException;

/** Says in words what is wrong with the broker. */
public final class BrokerFault {

    private BrokerFault() {}

    public static String in(Throwable cause) {
        for (Throwable reason = cause; reason != null; reason = reason.getCause()) {
            if (reason instanceof ShutdownSignalException signal
                    && signal.getReason() instanceof AMQP.Channel.Close refusal) {
                return "RabbitMQ refuses: " + refusal.getReplyText();
            }
            if (reason instanceof PossibleAuthenticationFailureException) {
                return "RabbitMQ refuses the user name or the password";
            }
        }
        return "RabbitMQ does not answer";
    }
}
