package io.cryptowrapper.wiring;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.convert.DurationStyle;

/** The start of a service's program. */
public final class Start {

    /** How long a program that could not start stays before it ends; nothing unless it is set. */
    private static final String FAILURE_PAUSE = "CRYPTO_START_FAILURE_PAUSE";

    private Start() {}

    /**
     * Starts a service, or ends the process if that fails: connections that came up already would keep it alive, and
     * whoever watches it would wait. What is started again at once, as containers are, may be told to pause before: its
     * log says the reason once in a while then, and not many times a minute.
     */
    public static void run(Class<?> program, String[] args) {
        try {
            SpringApplication.run(program, args);
        } catch (RuntimeException | Error reported) {
            // By StartFailures, or with its stack trace.
            pause(System.getenv(FAILURE_PAUSE));
            System.exit(1);
        }
    }

    private static void pause(@Nullable String setting) {
        if (setting == null || setting.isBlank()) {
            return;
        }
        Duration pause;
        try {
            pause = DurationStyle.detectAndParse(setting);
        } catch (IllegalArgumentException e) {
            System.err.println(FAILURE_PAUSE + " must be a duration, for example 30s.");
            return;
        }
        try {
            Thread.sleep(pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
