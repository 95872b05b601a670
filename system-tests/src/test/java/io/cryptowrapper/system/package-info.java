/** The whole system: the programs as they are packaged, and ./run. */
@NullMarked
package io.cryptowrapper.system;

import org.jspecify.annotations.NullMarked;
