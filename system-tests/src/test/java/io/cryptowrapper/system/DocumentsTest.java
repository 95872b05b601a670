package io.cryptowrapper.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.simulator.SimulatorSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Parameter;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.bind.Name;

/** What the documents say is so. */
class DocumentsTest {

    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)(#[^)]*)?\\)");
    private static final Pattern CODE = Pattern.compile("`([A-Z][A-Za-z]+(?:\\.java)?)`|`([a-z-]+\\.lua)`");

    @Test
    void the_readme_has_every_setting_of_the_services_with_its_default() {
        Map<String, String> documented = Readme.read().settings();
        Map<String, String> actual = new LinkedHashMap<>();
        collect("CRYPTO", CryptoSettings.class, actual);

        assertThat(documented).containsAllEntriesOf(actual);
        assertThat(documented.keySet())
                .filteredOn(name -> name.startsWith("CRYPTO_"))
                .containsExactlyInAnyOrderElementsOf(actual.keySet());
    }

    @Test
    void the_readme_has_every_setting_of_the_simulator_with_its_default() throws Exception {
        Object[] variables = Class.forName(SimulatorSettings.class.getPackageName() + ".Variable")
                .getEnumConstants();
        SimulatorSettings defaults = SimulatorSettings.in(Path.of("data"));

        Map<String, String> documented = Readme.read().settings();

        assertThat(documented.keySet())
                .containsAll(Arrays.stream(variables).map(Object::toString).toList());
        assertThat(documented)
                .containsEntry("SIMULATOR_BIND_ADDRESS", defaults.bindAddress())
                .containsEntry("SIMULATOR_KEY", defaults.key())
                .containsEntry("SIMULATOR_SEED", Long.toString(defaults.seed()))
                .containsEntry("SIMULATOR_FAILING_SHARE", Double.toString(defaults.failingShare()))
                .containsEntry("SIMULATOR_FAILING_TIME", defaults.failingTime().toSeconds() + "s")
                .containsEntry("SIMULATOR_CALLS", Integer.toString(defaults.calls()))
                .containsEntry("SIMULATOR_WINDOW", defaults.window().toSeconds() + "s")
                .containsEntry("SIMULATOR_LATENCY", defaults.latency().toMillis() + "ms")
                .containsEntry("SIMULATOR_PRINT_CALLS", "false");
    }

    @Test
    void every_command_of_the_readme_is_one_that_is_run() {
        assertThat(Readme.read().commands())
                .filteredOn(command -> !command.startsWith("curl "))
                .containsExactly(
                        "./run", // .ci/run, RunIT
                        "docker compose up --build", // CompositionIT, with more of it
                        "docker compose up --build --scale retry-worker=3 --scale api-service=2", // CompositionIT
                        "docker compose -f docker-compose.yml -f docker-compose.cluster.yml up --build", // ClusterIT
                        "mvn verify", // .ci/run
                        KeysIT.MAKE_A_KEY);
    }

    @Test
    void the_composition_takes_every_setting_and_the_example_shows_it() {
        Map<String, String> settings = new LinkedHashMap<>();
        collect("CRYPTO", CryptoSettings.class, settings);
        // Secrets come as files, the public key as a line; a single Redis has no replicas.
        settings.keySet()
                .removeAll(List.of(
                        "CRYPTO_API_KEY",
                        "CRYPTO_API_PUBLIC_KEY_FILE",
                        "CRYPTO_CALLBACK_SECRETS",
                        "CRYPTO_REDIS_REPLICAS"));
        String composition = read(Project.ROOT.resolve("docker-compose.yml"));
        Map<String, String> example = read(Project.ROOT.resolve(".env.example"))
                .lines()
                .filter(line -> line.matches("#[A-Z_]+=.*"))
                .map(line -> line.substring(1).split("=", 2))
                .collect(Collectors.toMap(line -> line[0], line -> line[1]));

        assertThat(example.keySet()).containsAll(settings.keySet());
        // Docker's own.
        example.remove("COMPOSE_PROJECT_NAME");
        assertThat(example.keySet())
                .allSatisfy(name -> assertThat(composition + "${CLUSTER_NETWORK:")
                        .containsPattern("(?m)(^ +" + name + ":|\\$\\{" + name + ":)"));
        settings.forEach((name, value) -> {
            if (!value.isEmpty()) {
                assertThat(example).containsEntry(name, value);
            }
        });
    }

    @Test
    void every_link_leads_somewhere() {
        for (Path document : documents()) {
            LINK.matcher(read(document))
                    .results()
                    .forEach(link -> assertThat(document.resolveSibling(link.group(1)))
                            .as(document.getFileName() + " links to " + link.group(1))
                            .exists());
        }
    }

    @Test
    void every_class_and_script_that_the_documents_for_developers_name_exists() {
        List<String> sources = sources();
        for (Path document : documents()) {
            if (document.endsWith("README.md")) {
                continue;
            }
            CODE.matcher(read(document)).results().forEach(name -> {
                String type = name.group(1);
                if (type == null) {
                    assertThat(sources).as(document.toString()).contains(name.group(2));
                } else if (!type.toUpperCase(Locale.ROOT).equals(type)) {
                    assertThat(sources).as(document.toString()).contains(type + ".java");
                }
            });
        }
    }

    @Test
    void each_promise_names_tests_by_the_stages_that_run_them() {
        List<String> rows = read(Project.ROOT.resolve("docs/guarantees.md"))
                .lines()
                .filter(line -> line.startsWith("| **"))
                .toList();
        assertThat(rows).hasSizeGreaterThan(20);
        for (String row : rows) {
            String[] cells = row.split("\\|", -1);
            for (String held : cells[3].split(";", -1)) {
                String stage = held.substring(0, held.indexOf(':')).strip();
                List<String> tests =
                        CODE.matcher(held).results().map(name -> name.group(1)).toList();
                assertThat(tests).as(row).isNotEmpty();
                assertThat(tests).as(row).allMatch(test -> runsIn(stage, test));
            }
        }
    }

    /** As the tags of the class say, or that of one of its methods. */
    private static boolean runsIn(String stage, String test) {
        return sourcesOf(test).anyMatch(source -> switch (stage) {
            case "by hand" -> test.endsWith("Run");
            case "default" -> !source.matches("(?s).*\n@Tag\\(Stage\\.(?!BOTH_SERVERS).*");
            case "containers" -> source.matches("(?s).*@Tag\\(Stage\\.(CONTAINERS|BOTH_SERVERS)\\).*");
            default -> source.contains("@Tag(Stage." + stage.toUpperCase(Locale.ROOT) + ")");
        });
    }

    private static Stream<String> sourcesOf(String type) {
        return sourceFiles().stream()
                .filter(file -> file.getFileName().toString().equals(type + ".java"))
                .map(DocumentsTest::read);
    }

    @Test
    void a_decision_fits_on_a_screen() {
        assertThat(documents())
                .filteredOn(document -> document.toString().contains("/adr/"))
                .isNotEmpty()
                .allSatisfy(decision -> assertThat(read(decision).lines())
                        .as(decision.toString())
                        .hasSizeLessThan(40));
    }

    /** Nested settings are joined by underscores, as Spring Boot binds them from the environment. */
    private static void collect(String prefix, Class<?> record, Map<String, String> into) {
        RecordComponent[] components = record.getRecordComponents();
        for (int i = 0; i < components.length; i++) {
            Parameter parameter = record.getDeclaredConstructors()[0].getParameters()[i];
            Name other = parameter.getAnnotation(Name.class);
            String name = prefix + "_"
                    + (other == null ? components[i].getName() : other.value())
                            .replaceAll("([A-Z])", "_$1")
                            .toUpperCase(Locale.ROOT);
            if (components[i].getType().isRecord()) {
                collect(name, components[i].getType(), into);
            } else {
                DefaultValue value = parameter.getAnnotation(DefaultValue.class);
                into.put(name, value == null ? "" : String.join(",", value.value()));
            }
        }
    }

    private static List<Path> documents() {
        List<Path> documents = new ArrayList<>();
        try (Stream<Path> top = Files.list(Project.ROOT);
                Stream<Path> below = Files.walk(Project.ROOT.resolve("docs"))) {
            Stream.concat(top, below)
                    .filter(file -> file.toString().endsWith(".md"))
                    .forEach(documents::add);
            documents.add(Project.ROOT.resolve("examples/README.md"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        assertThat(documents).hasSizeGreaterThan(10);
        return documents;
    }

    private static List<String> sources() {
        return sourceFiles().stream().map(file -> file.getFileName().toString()).toList();
    }

    private static List<Path> sourceFiles() {
        try (Stream<Path> files = Files.find(
                Project.ROOT,
                12,
                (file, attributes) -> attributes.isRegularFile()
                        && file.toString().contains("/src/")
                        && !file.toString().contains("/target/"))) {
            return files.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path document) {
        try {
            return Files.readString(document);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
