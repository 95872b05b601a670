package io.cryptowrapper.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/**
 * Shortens the messages of failed assertions to what fits on a screen; the whole message is in a file below
 * {@code target/failures}. JUnit finds it by itself.
 */
public final class ShortFailures implements TestExecutionExceptionHandler, LifecycleMethodExecutionExceptionHandler {

    private static final int MOST_LINES = 30;
    private static final int MOST_CHARACTERS = 3000;

    @Override
    public void handleTestExecutionException(ExtensionContext test, Throwable failure) throws Throwable {
        throw shortened(test, failure);
    }

    @Override
    public void handleBeforeAllMethodExecutionException(ExtensionContext test, Throwable failure) throws Throwable {
        throw shortened(test, failure);
    }

    @Override
    public void handleBeforeEachMethodExecutionException(ExtensionContext test, Throwable failure) throws Throwable {
        throw shortened(test, failure);
    }

    @Override
    public void handleAfterEachMethodExecutionException(ExtensionContext test, Throwable failure) throws Throwable {
        throw shortened(test, failure);
    }

    @Override
    public void handleAfterAllMethodExecutionException(ExtensionContext test, Throwable failure) throws Throwable {
        throw shortened(test, failure);
    }

    private static Throwable shortened(ExtensionContext test, Throwable failure) {
        String message = String.valueOf(failure.getMessage());
        if (message.length() <= MOST_CHARACTERS && message.lines().count() <= MOST_LINES) {
            return failure;
        }
        Path whole = write(test, message);
        String start = message.substring(0, Math.min(message.length(), MOST_CHARACTERS))
                .lines()
                .limit(MOST_LINES)
                .reduce("", (text, line) -> text + line + "\n");
        var shorter = new AssertionError(start + "… the whole message is in " + whole);
        shorter.setStackTrace(failure.getStackTrace());
        return shorter;
    }

    private static Path write(ExtensionContext test, String message) {
        String name = test.getRequiredTestClass().getSimpleName() + "."
                + test.getTestMethod().map(method -> method.getName()).orElse("class");
        try {
            Path directory = Files.createDirectories(Path.of("target", "failures"));
            return Files.writeString(Files.createTempFile(directory, name + ".", ".txt"), message);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
