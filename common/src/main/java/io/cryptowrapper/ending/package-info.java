/** What happens when a message has ended: it is recorded, and those are called back who asked for it. */
@NullMarked
package io.cryptowrapper.ending;

import org.jspecify.annotations.NullMarked;
