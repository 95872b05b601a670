/** What only RabbitMQ and Redis in containers can show: what they report of themselves, and what outlives a kill. */
@NullMarked
package io.cryptowrapper.containers;

import org.jspecify.annotations.NullMarked;
