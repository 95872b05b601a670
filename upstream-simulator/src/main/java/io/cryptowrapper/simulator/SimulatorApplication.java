package io.cryptowrapper.simulator;

import java.io.IOException;
import java.io.OutputStream;

/** The simulator as a program: it takes its settings from the environment and runs until it is terminated. */
public final class SimulatorApplication {

    private SimulatorApplication() {}

    public static void main(String[] args) {
        try {
            boolean printsCalls =
                    Variable.SIMULATOR_PRINT_CALLS.read(System.getenv(), SimulatorApplication::flag, false);
            UpstreamSimulator simulator = UpstreamSimulator.start(SimulatorSettings.from(System.getenv()));
            Runtime.getRuntime().addShutdownHook(new Thread(simulator::close, "shutdown"));
            if ("true".equals(System.getenv("CRYPTO_EXIT_WITH_PARENT"))) {
                exitWhenInputEnds();
            }
            if (printsCalls) {
                // Before it says where it listens: who calls it then is in the output.
                simulator.tell(call -> System.out.println(call.csv()));
            }
            System.out.println("The upstream simulator listens on " + simulator.baseUrl());
        } catch (IllegalArgumentException | SimulatorException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }

    private static boolean flag(String value) {
        return switch (value) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("neither true nor false");
        };
    }

    /** As the services do: a parent that was killed leaves nothing behind. */
    private static void exitWhenInputEnds() {
        Thread.ofPlatform().daemon().name("exit-with-parent").start(() -> {
            try {
                System.in.transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                // The pipe is broken: the same as its end.
            }
            System.exit(0);
        });
    }
}
