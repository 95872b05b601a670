package io.cryptowrapper.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;

/**
 * Promises about time, judged by the best of three attempts: a machine that stalls spoils one, and a real regression
 * all of them. Tests that use it belong to the stage {@link Stage#TIMING}.
 */
public final class Timing {

    private static final int ATTEMPTS = 3;

    private Timing() {}

    /** What is to be done in time. */
    public interface Action {

        void run() throws Exception;
    }

    /** How long it took. */
    public interface Measurement {

        Duration take() throws Exception;
    }

    /** One of three attempts succeeds in less than {@code limit}; each begins anew. */
    public static void within(Duration limit, Action action) throws Exception {
        best(limit, () -> timeOf(action));
    }

    /** How long an action takes. */
    public static Duration timeOf(Action action) throws Exception {
        long start = System.nanoTime();
        action.run();
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /** The same where the time is not that of the whole action. */
    public static void best(Duration limit, Measurement measurement) throws Exception {
        for (int attempt = 1; ; attempt++) {
            try {
                assertThat(measurement.take())
                        .as("attempt %d of %d", attempt, ATTEMPTS)
                        .isLessThan(limit);
                return;
            } catch (AssertionError spoiled) {
                if (attempt == ATTEMPTS) {
                    throw spoiled;
                }
            }
        }
    }
}
