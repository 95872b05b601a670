package io.cryptowrapper.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** What a README says that a test can check. */
final class Readme {

    private static final Pattern EXAMPLE = Pattern.compile("```console\\n\\$ (.*)\\n((?:.*\\n)*?)```");
    private static final Pattern SETTING = Pattern.compile("(?m)^\\| `([A-Z_]+)` \\| (.*?) ?\\|");

    private final String text;

    private Readme(String text) {
        this.text = text;
    }

    /** A command, and the output that it is said to have. */
    record Example(String command, String output) {

        /** Where the README shortens, or shows nothing, anything may stand; an estimate may be another. */
        boolean allows(String actual) {
            if (output.isBlank()) {
                return true;
            }
            String pattern = Pattern.quote(output.strip())
                    .replace("…", "\\E.+\\Q")
                    .replaceAll("\"retry_in_seconds\":\\d+", "\"retry_in_seconds\":\\\\E\\\\d+\\\\Q");
            return actual.strip().matches(pattern);
        }
    }

    static Readme read() {
        return read(Project.ROOT.resolve("README.md"));
    }

    static Readme read(Path document) {
        try {
            return new Readme(Files.readString(document));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<Example> examples() {
        return EXAMPLE.matcher(text)
                .results()
                .map(found -> new Example(found.group(1), found.group(2)))
                .toList();
    }

    List<String> commands() {
        return examples().stream().map(Example::command).toList();
    }

    /** The variables of the tables, each with its default as it is written. */
    Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        for (MatchResult row : SETTING.matcher(text).results().toList()) {
            settings.put(row.group(1), row.group(2).replace("`", ""));
        }
        return settings;
    }
}
