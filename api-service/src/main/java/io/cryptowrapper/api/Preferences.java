package io.cryptowrapper.api;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks for in its {@code Prefer} header lines (RFC 7240), of which these are known: {@code wait} and
 * {@code respond-async}. Others are left alone, as that standard wants it.
 *
 * @param patience how long the answer may be held until there is a signature; nothing if not at all
 * @param respondAsync whether an answer that is not final is to be 202
 */
record Preferences(@Nullable Duration patience, boolean respondAsync) {

    static final String HEADER = "Prefer";
    static final String APPLIED = "Preference-Applied";

    private static final String WAIT = "wait";
    private static final String RESPOND_ASYNC = "respond-async";

    private static final int LONGEST_LINE = 1000;

    private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
    private static final String QUOTED = "\"(?:[^\"\\\\]|\\\\.)*+\"";

    /** A name, perhaps with a value: of a preference, or of one of its parameters. */
    private static final Pattern PAIR =
            Pattern.compile("[ \\t]*(" + TOKEN + ")(?:[ \\t]*=[ \\t]*(" + TOKEN + "|" + QUOTED + "))?[ \\t]*");

    /** So many digits are more than any limit, and no overflow. */
    private static final Pattern SECONDS = Pattern.compile("[0-9]{1,9}");

    /**
     * What was done of it, for the header {@code Preference-Applied}.
     *
     * @param accepted whether the answer says that it is not final
     */
    Optional<String> applied(boolean accepted) {
        List<String> applied = new ArrayList<>();
        if (accepted) {
            applied.add(RESPOND_ASYNC);
        }
        if (patience != null) {
            applied.add(WAIT + "=" + patience.toSeconds());
        }
        return applied.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", applied));
    }

    /** The same without patience. */
    Preferences withoutPatience() {
        return new Preferences(null, respondAsync);
    }

    /**
     * Reads all lines.
     *
     * @param longestWait what a longer wait is shortened to
     * @throws MalformedRequestException if one cannot be read, or a known preference has a value that it cannot have
     */
    static Preferences read(List<String> lines, Duration longestWait) {
        Map<String, String> preferences = new HashMap<>();
        lines.forEach(line -> collect(line, preferences));
        String async = preferences.get(RESPOND_ASYNC);
        if (async != null && !async.isEmpty()) {
            throw MalformedRequestException.bad(
                    "The preference 'respond-async' in the header 'Prefer' takes no value.");
        }
        return new Preferences(wait(preferences.get(WAIT), longestWait), async != null);
    }

    private static @Nullable Duration wait(@Nullable String seconds, Duration longest) {
        if (seconds == null) {
            return null;
        }
        if (!SECONDS.matcher(seconds).matches()) {
            throw MalformedRequestException.bad(
                    "The preference 'wait' in the header 'Prefer' must be a number of seconds, for example wait=30.");
        }
        Duration wait = Duration.ofSeconds(Long.parseLong(seconds));
        return wait.compareTo(longest) < 0 ? wait : longest;
    }

    /** Of a preference that is given more than once, the first counts; parameters mean nothing here. */
    private static void collect(String line, Map<String, String> into) {
        if (line.length() > LONGEST_LINE) {
            throw MalformedRequestException.bad("The header 'Prefer' has more than " + LONGEST_LINE + " characters.");
        }
        Matcher pair = PAIR.matcher(line);
        int at = 0;
        boolean isParameter = false;
        while (at <= line.length()) {
            pair.region(at, line.length());
            int end = at;
            if (pair.lookingAt()) {
                end = pair.end();
                if (!isParameter) {
                    into.putIfAbsent(pair.group(1).toLowerCase(Locale.ROOT), unquoted(pair.group(2)));
                }
            } else {
                // Between two separators may be nothing.
                while (end < line.length() && (line.charAt(end) == ' ' || line.charAt(end) == '\t')) {
                    end++;
                }
            }
            if (end < line.length() && line.charAt(end) != ',' && line.charAt(end) != ';') {
                throw MalformedRequestException.bad(
                        "The header 'Prefer' cannot be read; an example is: Prefer: respond-async, wait=30");
            }
            isParameter = end < line.length() && line.charAt(end) == ';';
            at = end + 1;
        }
    }

    private static String unquoted(@Nullable String value) {
        if (value == null) {
            return "";
        }
        return value.startsWith("\"") ? value.substring(1, value.length() - 1).replaceAll("\\\\(.)", "$1") : value;
    }
}
