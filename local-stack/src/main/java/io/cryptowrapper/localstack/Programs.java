package io.cryptowrapper.localstack;

import io.cryptowrapper.embedded.StartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The packaged programs that the stack starts. */
record Programs(Path api, Path worker, Path simulator) {

    /** Where Maven puts them below the project's root. */
    static Programs builtIn(Path root) {
        return new Programs(jarOf(root, "api-service"), jarOf(root, "retry-worker"), jarOf(root, "upstream-simulator"));
    }

    private static Path jarOf(Path root, String module) {
        Path target = root.resolve(module).resolve("target");
        if (Files.isDirectory(target)) {
            try (Stream<Path> files = Files.list(target)) {
                List<Path> jars = files.filter(
                                file -> file.getFileName().toString().endsWith("-exec.jar"))
                        .toList();
                if (jars.size() == 1) {
                    return jars.getFirst();
                }
            } catch (IOException e) {
                // Not there, as far as we are concerned.
            }
        }
        throw new StartException("The program of " + module + " is not built: start the stack with ./run.");
    }
}
