package io.cryptowrapper.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * An arrival at {@code /crypto/sign} or {@code /crypto/verify}, whatever became of it.
 *
 * @param at when it arrived, by the wall clock
 * @param nanos when it arrived, by the simulator's monotonic clock ({@link System#nanoTime()} unless a test set
 *     another)
 * @param kind what was asked for
 * @param message what was to be signed or verified; empty if the call carried no readable message
 * @param status the status it was answered with; 0 if its connection was reset instead
 */
public record Call(Instant at, long nanos, Kind kind, String message, int status) {

    private static final Pattern CSV = Pattern.compile("(-?\\d{1,18}),(\\d{1,3}),([!-+--~]*)(,verify)?");

    /** What a call asks for. */
    public enum Kind {
        SIGN,
        VERIFY
    }

    /** As a line of a table: nanoseconds, status, the message in URL encoding, and whether it was to be verified. */
    public String csv() {
        return nanos + "," + status + "," + URLEncoder.encode(message, UTF_8) + (kind == Kind.VERIFY ? ",verify" : "");
    }

    /**
     * Reads what {@link #csv()} has written; it does not tell the wall clock's time.
     *
     * @return nothing if it is another line
     */
    public static Optional<Call> fromCsv(String line) {
        Matcher call = CSV.matcher(line);
        return call.matches()
                ? Optional.of(new Call(
                        Instant.EPOCH,
                        Long.parseLong(call.group(1)),
                        call.group(4) == null ? Kind.SIGN : Kind.VERIFY,
                        URLDecoder.decode(call.group(3), UTF_8),
                        Integer.parseInt(call.group(2))))
                : Optional.empty();
    }

    /** How many of {@code calls} were answered with each status. */
    public static Map<Integer, Long> countedByStatus(List<Call> calls) {
        return calls.stream().collect(Collectors.groupingBy(Call::status, TreeMap::new, Collectors.counting()));
    }

    /** How many of {@code calls}, which are in order, arrived in that half-open window in which most did. */
    public static int mostInAnyWindow(List<Call> calls, Duration window) {
        return fullestWindow(calls, window).size();
    }

    /** The first of the windows with the most calls. */
    public static List<Call> fullestWindow(List<Call> calls, Duration window) {
        List<Call> fullest = List.of();
        int first = 0;
        for (int last = 0; last < calls.size(); last++) {
            while (calls.get(last).nanos - calls.get(first).nanos >= window.toNanos()) {
                first++;
            }
            if (last - first + 1 > fullest.size()) {
                fullest = calls.subList(first, last + 1);
            }
        }
        return fullest;
    }
}
