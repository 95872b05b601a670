package io.cryptowrapper.simulator;

import io.cryptowrapper.testing.RawHttp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Calls of a simulator as it is started in tests. */
final class SimulatorCalls {

    static final String KEY = "Authorization: simulator-key";

    /** Shared by all simulators of a test run, because generating a key pair takes long. */
    static final Path DATA_DIR = newDirectory();

    private SimulatorCalls() {}

    private static Path newDirectory() {
        try {
            return Files.createTempDirectory(Path.of("target"), "simulator");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static RawHttp.Response sign(UpstreamSimulator simulator, String message) throws IOException {
        return get(simulator, "/crypto/sign?message=" + message, KEY);
    }

    static RawHttp.Response get(UpstreamSimulator simulator, String target, String... headerLines) throws IOException {
        return RawHttp.get(simulator.port(), target, headerLines);
    }
}
