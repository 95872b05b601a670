package io.cryptowrapper.localstack;

import io.cryptowrapper.embedded.StartException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Properties;
import org.springframework.core.io.ClassPathResource;

/** The page on which people read the API's description and try it out, as files that the API serves. */
final class SwaggerUi {

    private static final List<String> OWN = List.of("index.html", "page.js");
    private static final List<String> OF_WEBJAR =
            List.of("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png");

    private SwaggerUi() {}

    /** Writes the files, over those of an earlier start. */
    static void writeTo(Path directory) {
        try {
            Files.createDirectories(directory);
            for (String file : OWN) {
                copy("docs-page/" + file, directory.resolve(file));
            }
            for (String file : OF_WEBJAR) {
                copy("META-INF/resources/webjars/swagger-ui/" + version() + "/" + file, directory.resolve(file));
            }
        } catch (IOException e) {
            throw new StartException("DATA_DIR: " + directory + " cannot be written: " + e.getMessage() + ".", e);
        }
    }

    private static String version() throws IOException {
        var properties = new Properties();
        try (InputStream in =
                new ClassPathResource("META-INF/maven/org.webjars/swagger-ui/pom.properties").getInputStream()) {
            properties.load(in);
        }
        return properties.getProperty("version");
    }

    private static void copy(String resource, Path to) throws IOException {
        try (InputStream in = new ClassPathResource(resource).getInputStream()) {
            Files.copy(in, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
