package io.cryptowrapper.wiring;

import org.springframework.boot.SpringApplication;

/** The start of a service's program. */
public final class Start {

    private Start() {}

    /**
     * Starts a service, or ends the process if that fails: connections that came up already would keep it alive, and
     * whoever watches it would wait.
     */
    public static void run(Class<?> program, String[] args) {
        try {
            SpringApplication.run(program, args);
        } catch (RuntimeException | Error reported) {
            // By StartFailures, or with its stack trace.
            System.exit(1);
        }
    }
}
