package io.cryptowrapper.wiring;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.convert.DurationStyle;

/** The start of a service's program. */
public final class Start {

    /** How long a program that could not start stays before it ends; nothing unless it is set. */
    private static final String FAILURE_PAUSE = "CRYPTO_START_FAILURE_PAUSE";

    private static final String CARRIERS = "jdk.virtualThreadScheduler.parallelism";

    /**
     * A virtual thread that loads a class cannot leave its carrier, of which there is one for each processor by
     * default: see ADR 12. Carriers that only wait cost little.
     */
    private static final String ENOUGH = "64";

    /** Longer than an orderly stop takes, and than any client waits. */
    private static final Duration LONGEST_STOP = Duration.ofSeconds(30);

    /** As the JVM tells of an end by SIGTERM. */
    private static final int ENDED_BY_SIGTERM = 143;

    private Start() {}

    /**
     * Starts a service, or ends the process if that fails: connections that came up already would keep it alive, and
     * whoever watches it would wait. What is started again at once, as containers are, may be told to pause before: its
     * log says the reason once in a while then, and not many times a minute.
     */
    public static void run(Class<?> program, String[] args) {
        endInAnyCase();
        if (System.getProperty(CARRIERS) == null) {
            System.setProperty(CARRIERS, ENOUGH);
        }
        try {
            SpringApplication.run(program, args);
        } catch (RuntimeException | Error reported) {
            // By StartFailures, or with its stack trace.
            pause(System.getenv(FAILURE_PAUSE));
            System.exit(1);
        }
    }

    /**
     * A stop that waits for something without an end is cut off. What is lost by that is what is lost by {@code kill
     * -9}: nothing that was accepted.
     */
    private static void endInAnyCase() {
        Thread end = Thread.ofPlatform().daemon().name("longest-stop").unstarted(() -> {
            try {
                Thread.sleep(LONGEST_STOP);
                Runtime.getRuntime().halt(ENDED_BY_SIGTERM);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Runtime.getRuntime().addShutdownHook(new Thread(end::start));
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
