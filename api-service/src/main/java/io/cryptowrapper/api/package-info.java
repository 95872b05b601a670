/** The API: answers {@code GET /crypto/sign}. Start reading at {@link io.cryptowrapper.api.Signer}. */
@NullMarked
package io.cryptowrapper.api;

import org.jspecify.annotations.NullMarked;
