package io.cryptowrapper.testing;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.awaitility.Awaitility;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/**
 * One run of tests in one JVM: how long they wait for what must come, and what they share until the last of them has
 * ended. JUnit finds it by itself.
 */
public final class TestSession implements LauncherSessionListener {

    /** No promise is kept by this limit; a busy machine may need as long to start a program. */
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private static final Duration POLL_INTERVAL = Duration.ofMillis(20);

    private static final Deque<AutoCloseable> SHARED = new ArrayDeque<>();

    /**
     * Closes {@code shared} after the last test, and what was shared later before it. A hook of the JVM would close
     * services and the servers that they need at the same time.
     */
    public static synchronized <T extends AutoCloseable> T share(T shared) {
        SHARED.push(shared);
        return shared;
    }

    @Override
    public void launcherSessionOpened(LauncherSession session) {
        Awaitility.setDefaultTimeout(PATIENCE);
        Awaitility.setDefaultPollInterval(POLL_INTERVAL);
        Awaitility.setDefaultPollDelay(Duration.ZERO);
    }

    @Override
    public void launcherSessionClosed(LauncherSession session) {
        synchronized (TestSession.class) {
            while (!SHARED.isEmpty()) {
                try {
                    SHARED.pop().close();
                } catch (Exception e) {
                    throw new IllegalStateException("What tests have shared cannot be closed", e);
                }
            }
        }
    }
}
