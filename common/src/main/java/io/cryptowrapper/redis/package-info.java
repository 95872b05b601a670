/** What all who use Redis share. */
@NullMarked
package io.cryptowrapper.redis;

import org.jspecify.annotations.NullMarked;
