/** The worker: retries one message per period. Start reading at {@link io.cryptowrapper.worker.Retrier}. */
@NullMarked
package io.cryptowrapper.worker;

import org.jspecify.annotations.NullMarked;
