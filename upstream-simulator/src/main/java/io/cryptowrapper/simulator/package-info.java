/** A stand-in for the signing upstream: slow, failing for half of the messages, and allowing ten calls a minute. */
@NullMarked
package io.cryptowrapper.simulator;

import org.jspecify.annotations.NullMarked;
