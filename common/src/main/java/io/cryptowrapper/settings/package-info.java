/** What an operator may set, checked at the start. */
@NullMarked
package io.cryptowrapper.settings;

import org.jspecify.annotations.NullMarked;
