/**
 * The API: answers {@code GET /crypto/sign} and {@code GET /crypto/verify}. Start reading at
 * {@link io.cryptowrapper.api.Signer}.
 */
@NullMarked
package io.cryptowrapper.api;

import org.jspecify.annotations.NullMarked;
