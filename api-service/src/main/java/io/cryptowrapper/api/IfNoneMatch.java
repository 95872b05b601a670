package io.cryptowrapper.api;

import java.util.List;
import java.util.regex.Pattern;

/**
 * The entity tags of the answers that a client has already (RFC 9110, section 13.1.2).
 *
 * @param tags the lines of the header, joined; empty if there is none
 */
record IfNoneMatch(String tags) {

    private static final int LONGEST = 4000;
    private static final String ANY = "*";

    private static final String TAG = "(?:W/)?(\"[\\x21\\x23-\\x7e\\x80-\\xff]*+\")";
    private static final String BETWEEN = "[ \\t]*+(?:,[ \\t]*+)++";
    private static final Pattern ONE = Pattern.compile(TAG);
    private static final Pattern LIST =
            Pattern.compile("(?:,[ \\t]*+)*+" + TAG + "(?:" + BETWEEN + TAG + ")*+[ \\t,]*+");

    /**
     * Reads all lines.
     *
     * @throws MalformedRequestException if they are neither an asterisk nor a list of tags, or too long
     */
    static IfNoneMatch read(List<String> lines) {
        String tags = String.join(",", lines);
        boolean isReadable = lines.isEmpty()
                || (tags.length() <= LONGEST
                        && (tags.equals(ANY) || LIST.matcher(tags).matches()));
        if (!isReadable) {
            throw MalformedRequestException.bad(
                    "The header 'If-None-Match' is neither '*' nor a list of entity tags of at most " + LONGEST
                            + " characters.");
        }
        return new IfNoneMatch(tags);
    }

    /** Whether a client has the answer with this tag: weak tags are as good as others here. */
    boolean matches(String tag) {
        return tags.equals(ANY)
                || ONE.matcher(tags).results().anyMatch(one -> one.group(1).equals(tag));
    }
}
