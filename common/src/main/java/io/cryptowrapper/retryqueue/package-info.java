/** The delayed queue in RabbitMQ. */
@NullMarked
package io.cryptowrapper.retryqueue;

import org.jspecify.annotations.NullMarked;
