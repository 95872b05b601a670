/** The rules that the sources keep, as tests. */
@NullMarked
package io.cryptowrapper.structure;

import org.jspecify.annotations.NullMarked;
