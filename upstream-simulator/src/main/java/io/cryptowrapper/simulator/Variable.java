package io.cryptowrapper.simulator;

import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The environment variables the simulator reads, each with what its value must be. */
enum Variable {
    SIMULATOR_BIND_ADDRESS("an IP address of this machine"),
    SIMULATOR_PORT("a whole number from 0 to 65535"),
    SIMULATOR_KEY("printable ASCII without spaces, at least one character"),
    SIMULATOR_SEED("a whole number of at most 64 bits"),
    SIMULATOR_FAILING_SHARE("a number from 0 to 1, such as 0.5"),
    SIMULATOR_FAILING_TIME("a time from 0s to 1440m, such as 20s, 500ms or 2m"),
    SIMULATOR_CALLS("a whole number from 1 to 1000000"),
    SIMULATOR_WINDOW("a time from 1ms to 1440m, such as 60s, 500ms or 2m"),
    SIMULATOR_LATENCY("a time from 0s to 1440m, such as 50ms, 1s or 2m"),
    SIMULATOR_PRINT_CALLS("true or false"),
    DATA_DIR("the path of a directory");

    private final String mustBe;

    Variable(String mustBe) {
        this.mustBe = mustBe;
    }

    /** The value in {@code environment}, or {@code fallback} if the variable is not set; set but empty is wrong. */
    <T> T read(Map<String, String> environment, Function<String, T> parse, T fallback) {
        String value = environment.get(name());
        if (value == null) {
            return fallback;
        }
        require(!value.isBlank());
        try {
            return parse.apply(value);
        } catch (IllegalArgumentException e) {
            throw wrong(e);
        }
    }

    void require(boolean fulfilled) {
        if (!fulfilled) {
            throw wrong(null);
        }
    }

    /** The sentence leaves out the value, which may be a key that was put into the wrong variable. */
    private IllegalArgumentException wrong(@Nullable Throwable cause) {
        return new IllegalArgumentException(name() + " must be " + mustBe + ".", cause);
    }
}
