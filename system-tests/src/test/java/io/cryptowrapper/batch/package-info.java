/** Many messages in one request, on real servers. */
@NullMarked
package io.cryptowrapper.batch;

import org.jspecify.annotations.NullMarked;
