/** The composition of docker-compose.yml, as operators run it. */
@NullMarked
package io.cryptowrapper.composition;

import org.jspecify.annotations.NullMarked;
