/** The delivery of callbacks. Start reading at {@link io.cryptowrapper.delivery.Courier}. */
@NullMarked
package io.cryptowrapper.delivery;

import org.jspecify.annotations.NullMarked;
