/** Callbacks that are owed to clients: where they may go, and the queues in which they wait. */
@NullMarked
package io.cryptowrapper.callbacks;

import org.jspecify.annotations.NullMarked;
