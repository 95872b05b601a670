/** The two promises under fire: nothing accepted is lost, and the upstream's budget is never exceeded. */
@NullMarked
package io.cryptowrapper.faults;

import org.jspecify.annotations.NullMarked;
