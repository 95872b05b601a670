/** The upstream and its budget: one call at a time, each with a grant. */
@NullMarked
package io.cryptowrapper.upstream;

import org.jspecify.annotations.NullMarked;
