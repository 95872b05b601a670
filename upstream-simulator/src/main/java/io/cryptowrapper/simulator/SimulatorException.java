package io.cryptowrapper.simulator;

/** Says in one sentence why the simulator cannot start. */
public final class SimulatorException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    SimulatorException(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
