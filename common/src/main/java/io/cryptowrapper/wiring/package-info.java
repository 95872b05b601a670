/** Puts the parts together that both services share. */
@NullMarked
package io.cryptowrapper.wiring;

import org.jspecify.annotations.NullMarked;
