/** What clients are told, by whichever service. */
@NullMarked
package io.cryptowrapper.contract;

import org.jspecify.annotations.NullMarked;
