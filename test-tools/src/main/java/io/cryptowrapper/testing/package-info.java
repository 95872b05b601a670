/** What tests of several modules need. */
@NullMarked
package io.cryptowrapper.testing;

import org.jspecify.annotations.NullMarked;
