package io.cryptowrapper.simulator;

import io.cryptowrapper.testing.RawHttp;
import java.io.IOException;

/** Calls of a simulator as it is started in tests. */
final class SimulatorCalls {

    static final String KEY = "Authorization: simulator-key";

    private SimulatorCalls() {}

    static RawHttp.Response sign(UpstreamSimulator simulator, String message) throws IOException {
        return get(simulator, "/crypto/sign?message=" + message, KEY);
    }

    static RawHttp.Response get(UpstreamSimulator simulator, String target, String... headerLines) throws IOException {
        return RawHttp.get(simulator.port(), target, headerLines);
    }
}
