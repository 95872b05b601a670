package io.cryptowrapper.simulator;

/** The simulator as a program: it takes its settings from the environment and runs until it is terminated. */
public final class SimulatorApplication {

    private SimulatorApplication() {}

    public static void main(String[] args) {
        try {
            UpstreamSimulator simulator = UpstreamSimulator.start(SimulatorSettings.from(System.getenv()));
            Runtime.getRuntime().addShutdownHook(new Thread(simulator::close, "shutdown"));
            System.out.println("The upstream simulator listens on " + simulator.baseUrl());
        } catch (IllegalArgumentException | SimulatorException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }
}
