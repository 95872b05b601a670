package io.cryptowrapper.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Where things are in the project. */
public final class Project {

    public static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    /** Where tests may write. */
    public static final Path TARGET = Path.of("target").toAbsolutePath();

    private Project() {}

    /** The packaged program of a module. */
    static Path program(String module) {
        try (Stream<Path> files = Files.list(ROOT.resolve(module).resolve("target"))) {
            List<Path> programs = files.filter(
                            file -> file.getFileName().toString().endsWith("-exec.jar"))
                    .toList();
            if (programs.size() != 1) {
                throw new IllegalStateException("not one program in " + module + ": " + programs);
            }
            return programs.getFirst();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A new directory for a test's files. */
    public static Path newDirectory(String name) {
        try {
            return Files.createTempDirectory(Files.createDirectories(TARGET.resolve("system-tests")), name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
