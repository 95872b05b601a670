/** Servers that run without Docker: an AMQP broker in this JVM, and a Redis beside it. */
@NullMarked
package io.cryptowrapper.embedded;

import org.jspecify.annotations.NullMarked;
