/** The answer comes to the client: on the embedded servers and on those in containers. */
@NullMarked
package io.cryptowrapper.push;

import org.jspecify.annotations.NullMarked;
