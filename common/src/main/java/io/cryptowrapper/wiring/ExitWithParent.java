package io.cryptowrapper.wiring;

import java.io.IOException;
import java.io.OutputStream;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.stereotype.Component;

/**
 * Ends this process when its standard input does: a parent that was killed leaves nothing behind. For programs that
 * start the services themselves; off by default, as a service's input is often closed from the beginning.
 */
@Component
@ConditionalOnProperty("crypto.exit-with-parent")
class ExitWithParent {

    ExitWithParent() {
        Thread.ofPlatform().daemon().name("exit-with-parent").start(ExitWithParent::watch);
    }

    private static void watch() {
        try {
            System.in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            // The pipe is broken: the same as its end.
        }
        System.exit(0);
    }
}
