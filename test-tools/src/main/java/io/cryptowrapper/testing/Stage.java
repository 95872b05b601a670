package io.cryptowrapper.testing;

/**
 * The stages that tests run in, by their tags. Each has a Maven profile of the same name, which runs these tests and no
 * others; tests without a tag run by default. CONTRIBUTING.md has the table.
 */
public final class Stage {

    /** Needs whole processes: {@code ./run}, two APIs, the examples. */
    public static final String SYSTEM = "system";

    /** Needs RabbitMQ and Redis as only containers have them: killed, or asked for their own reports. */
    public static final String CONTAINERS = "containers";

    /** Runs by default on the embedded servers, and in the stage {@link #CONTAINERS} on RabbitMQ and Redis as well. */
    public static final String BOTH_SERVERS = "both-servers";

    /** Breaks servers, connections and processes while messages are sent. */
    public static final String FAULTS = "faults";

    /** Judges how long something takes, so nothing else may run beside it. */
    public static final String TIMING = "timing";

    /** Builds the images and runs {@code docker compose}. */
    public static final String COMPOSITION = "composition";

    private Stage() {}
}
