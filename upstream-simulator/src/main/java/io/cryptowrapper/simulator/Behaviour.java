package io.cryptowrapper.simulator;

import java.time.Duration;
import java.util.Map;

/** What a test makes the simulator do with a call instead of simply answering it. */
public sealed interface Behaviour {

    /** Answers with exactly this. */
    record Answer(int status, Map<String, String> headers, String body) implements Behaviour {

        public Answer {
            headers = Map.copyOf(headers);
        }

        /** A success that carries nothing. */
        public static Answer empty() {
            return text(200, "");
        }

        /** An answer in plain text. */
        public static Answer text(int status, String body) {
            return new Answer(status, Map.of("Content-Type", "text/plain"), body);
        }
    }

    /** Keeps silent for {@code time}, then gives the ordinary answer. */
    record Hang(Duration time) implements Behaviour {

        public Hang {
            requireAtMostADay(time);
        }
    }

    /** Resets the connection without an answer. */
    record Reset() implements Behaviour {}

    /** Sends the ordinary answer's body in small pieces, spread over {@code time}. */
    record Dribble(Duration time) implements Behaviour {

        public Dribble {
            requireAtMostADay(time);
        }
    }

    private static void requireAtMostADay(Duration time) {
        if (time.isNegative() || time.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException("A behaviour may last from nothing to a day, not " + time + ".");
        }
    }
}
