/** Signatures are verified, and wrong ones never used: on the embedded servers and on those in containers. */
@NullMarked
package io.cryptowrapper.verify;

import org.jspecify.annotations.NullMarked;
