package io.cryptowrapper.embedded;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Processes that Ctrl-C does not reach: a terminal sends it to all processes of a session at once, so that Redis would
 * be gone before the services that still use it. In sessions of their own, they are stopped in order by who started
 * them.
 */
public final class OwnSession {

    private static final boolean AVAILABLE = isOnPath("setsid");

    private OwnSession() {}

    /**
     * The command, so that its process starts a session; as it is where there is no {@code setsid} (macOS, Windows).
     */
    public static List<String> of(List<String> command) {
        List<String> inSession = new ArrayList<>(command);
        if (AVAILABLE) {
            inSession.addFirst("setsid");
        }
        return inSession;
    }

    private static boolean isOnPath(String program) {
        String path = System.getenv().getOrDefault("PATH", "");
        return List.of(path.split(File.pathSeparator)).stream()
                .filter(directory -> !directory.isEmpty())
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }
}
