/** The domain: what is signed, what became of it, and when it is tried again. No Spring, no I/O. */
@NullMarked
package io.cryptowrapper.signing;

import org.jspecify.annotations.NullMarked;
