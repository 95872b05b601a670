/** What is known of each message, in Redis. */
@NullMarked
package io.cryptowrapper.results;

import org.jspecify.annotations.NullMarked;
