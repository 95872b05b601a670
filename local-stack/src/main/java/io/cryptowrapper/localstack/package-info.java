/** The whole system on one command and without Docker, for a first look and for tests. */
@NullMarked
package io.cryptowrapper.localstack;

import org.jspecify.annotations.NullMarked;
