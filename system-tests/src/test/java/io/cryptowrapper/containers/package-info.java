/** The queues, what is known of messages, the budget and the whole path, on RabbitMQ and Redis in containers. */
@NullMarked
package io.cryptowrapper.containers;

import org.jspecify.annotations.NullMarked;
