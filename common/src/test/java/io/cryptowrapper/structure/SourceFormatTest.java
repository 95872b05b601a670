package io.cryptowrapper.structure;

import static org.assertj.core.api.Assertions.assertThat;

import com.palantir.javaformat.java.Formatter;
import com.palantir.javaformat.java.FormatterException;
import com.palantir.javaformat.java.JavaFormatterOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Checks the format of all Java sources, and mends it with {@code -Dformat=apply}.
 *
 * <p>A test and not a Maven plugin: a plugin runs in Maven's own JVM, and the parser of an older one does not know the
 * Java that is written here.
 */
class SourceFormatTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final boolean APPLY = "apply".equals(System.getProperty("format"));
    private static final Formatter FORMATTER = Formatter.createFormatter(JavaFormatterOptions.builder()
            .style(JavaFormatterOptions.Style.PALANTIR)
            .formatJavadoc(true)
            .build());

    @Test
    void every_source_is_formatted() throws IOException {
        List<Path> unformatted = sources().parallelStream()
                .filter(source -> !isFormatted(source))
                .toList();

        assertThat(unformatted)
                .as("mend with: mvn -pl common -am test -Dtest=SourceFormatTest -Dformat=apply"
                        + " -Dsurefire.failIfNoSpecifiedTests=false")
                .isEmpty();
    }

    private static boolean isFormatted(Path source) {
        try {
            String text = Files.readString(source);
            String formatted = FORMATTER.formatSourceAndFixImports(text);
            if (formatted.equals(text)) {
                return true;
            }
            if (APPLY) {
                Files.writeString(source, formatted);
            }
            return APPLY;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (FormatterException e) {
            throw new IllegalStateException(ROOT.relativize(source) + " cannot be read", e);
        }
    }

    private static List<Path> sources() throws IOException {
        List<Path> sources = new ArrayList<>();
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path module : modules.filter(path -> Files.exists(path.resolve("pom.xml")))
                    .toList()) {
                Path src = module.resolve("src");
                if (Files.exists(src)) {
                    try (Stream<Path> files = Files.walk(src)) {
                        files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
                    }
                }
            }
        }
        try (Stream<Path> examples = Files.list(ROOT.resolve("examples"))) {
            examples.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
        }
        assertThat(sources).as("sources below " + ROOT).hasSizeGreaterThan(20);
        return sources;
    }
}
