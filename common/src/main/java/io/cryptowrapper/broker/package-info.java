/** What all queues in RabbitMQ have in common: their arguments, and a publisher that believes only confirmations. */
@NullMarked
package io.cryptowrapper.broker;

import org.jspecify.annotations.NullMarked;
