/** How HTTP is spoken with others: the upstream, and those who are called back. */
@NullMarked
package io.cryptowrapper.http;

import org.jspecify.annotations.NullMarked;
