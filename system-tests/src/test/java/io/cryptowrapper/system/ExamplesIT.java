package io.cryptowrapper.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.standardwebhooks.Webhook;
import io.cryptowrapper.embedded.Ports;
import io.cryptowrapper.simulator.Behaviour.Answer;
import io.cryptowrapper.testing.Stage;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The examples do what their README says, by the commands that it gives. */
@Tag(Stage.SYSTEM)
@Timeout(300)
class ExamplesIT {

    private static final Path EXAMPLES = Project.ROOT.resolve("examples");
    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final String BODY =
            "{\"last_status_code\":200,\"message\":\"Grüße\",\"success\":true,\"value\":\"c2ln\"}";

    private final SharedSystem system = SharedSystem.get();
    private final Set<String> called = ConcurrentHashMap.newKeySet();

    /** At the first call of each message. */
    @BeforeEach
    void upstreamFails() {
        system.upstream()
                .follow(message -> called.add(message) ? Optional.of(Answer.text(502, "down")) : Optional.empty());
    }

    @AfterEach
    void upstreamIsWell() {
        system.upstream().follow(message -> Optional.empty());
    }

    @Test
    void each_example_has_its_command_and_each_command_is_run_here() {
        assertThat(commands())
                .satisfiesExactly(
                        curl -> assertThat(curl).startsWith("sh examples/curl.sh "),
                        waits -> assertThat(waits).startsWith("java examples/WaitExample.java "),
                        follows -> assertThat(follows).contains("examples/stream.mjs"),
                        library -> assertThat(library).startsWith("mvn -q -N dependency:copy "),
                        receives -> assertThat(receives).contains("examples/WebhookReceiver.java"));
        try (Stream<Path> files = Files.list(EXAMPLES)) {
            assertThat(files.filter(Files::isRegularFile)
                            .map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            "README.md", "WaitExample.java", "WebhookReceiver.java", "curl.sh", "stream.mjs");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void curl_asks_again_waits_and_has_the_signature_verified() {
        try (Program curl = start(command("curl.sh"))) {
            assertThat(curl.awaitExit()).as(curl.output()).isZero();
            assertThat(curl.output())
                    .containsPattern("(?m)^Signature: [A-Za-z0-9+/=]+$")
                    .endsWith("{\"message\":\"Hello, curl\",\"valid\":true}\n");
        }
    }

    @Test
    void java_waits_for_the_signature() {
        try (Program java = start(command("WaitExample.java"))) {
            assertThat(java.awaitExit()).as(java.output()).isZero();
            assertThat(java.output()).contains("\"message\":\"Hello, Java\",\"success\":true");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"curl.sh", "WaitExample.java"})
    void what_is_refused_ends_with_what_the_api_says(String example) {
        String refused = command(example).replaceAll("'Hello, .*'", "''");
        try (Program client = start(refused)) {
            assertThat(client.awaitExit()).isNotZero();
            assertThat(client.output()).contains("The query parameter 'message' is empty.");
        }
    }

    @Test
    void node_follows_the_message_to_its_signature() {
        assumeTrue(isThereANodeWithEventSource(), "stream.mjs is not tried: there is no Node 20 or later here");
        try (Program node = start(command("stream.mjs"))) {
            assertThat(node.awaitExit()).as(node.output()).isZero();
            assertThat(node.output()).containsPattern("(?m)^Signature: [A-Za-z0-9+/=]+$");
        }
    }

    @Test
    void the_receiver_takes_what_is_signed_once_and_refuses_what_is_not() throws Exception {
        Program library = start(command("dependency:copy"));
        assertThat(library.awaitExit()).as(library.output()).isZero();
        int port = Ports.free();
        String command = command("WebhookReceiver.java");
        assertThat(command).contains("WEBHOOK_SECRET=" + SECRET);
        try (Program receiver = start(command.replaceAll("8090$", Integer.toString(port)));
                HttpClient client = HttpClient.newHttpClient()) {
            await().until(() -> receiver.output().contains("Listening on port " + port));
            Webhook signer = new Webhook(SECRET);
            Instant now = Instant.now();
            String signature = signer.sign("msg_1", now.getEpochSecond(), BODY);

            assertThat(post(client, port, now, signature, BODY)).isEqualTo(204);
            assertThat(post(client, port, now, signature, BODY)).isEqualTo(204);
            // Two secrets sign while one takes the other's place.
            assertThat(post(client, port, now, "v1,d3Jvbmc= " + signature, BODY))
                    .isEqualTo(204);
            assertThat(post(client, port, now, signature, BODY.replace("c2ln", "other")))
                    .isEqualTo(401);
            assertThat(post(client, port, now, "v1,d3Jvbmc=", BODY)).isEqualTo(401);
            Instant old = now.minusSeconds(3600);
            assertThat(post(client, port, old, signer.sign("msg_1", old.getEpochSecond(), BODY), BODY))
                    .isEqualTo(401);
            assertThat(post(client, port, now, signature, "x".repeat(1024 * 1024 + 1)))
                    .isEqualTo(413);

            await().until(() -> receiver.output().contains("Received msg_1: " + BODY));
            assertThat(receiver.output().split("Received ", -1)).hasSize(2);
        }
    }

    @Test
    void the_library_is_the_one_that_is_tested_with() throws Exception {
        String pom = Files.readString(Project.ROOT.resolve("pom.xml"));
        String version = pom.replaceAll("(?s).*<standardwebhooks.version>(.*)</standardwebhooks.version>.*", "$1");

        assertThat(command("dependency:copy")).contains(":standardwebhooks:" + version + " ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"WaitExample.java", "WebhookReceiver.java"})
    void java_17_is_enough_and_its_compiler_has_nothing_to_say(String file) {
        ToolProvider compiler = ToolProvider.findFirst("javac").orElseThrow();
        assertThat(compiler.run(
                        new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                        new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                        "--release",
                        "17",
                        "-Xlint:all,-path",
                        "-Werror",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "-proc:none",
                        "-d",
                        Project.newDirectory("classes").toString(),
                        EXAMPLES.resolve(file).toString()))
                .isZero();
    }

    private static int post(HttpClient client, int port, Instant time, String signature, String body)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/hooks"))
                .header("webhook-id", "msg_1")
                .header("webhook-timestamp", Long.toString(time.getEpochSecond()))
                .header("webhook-signature", signature)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    private static boolean isThereANodeWithEventSource() {
        try (Program node = start("node --experimental-eventsource --eval 'EventSource'")) {
            return node.awaitExit() == 0;
        }
    }

    private static List<String> commands() {
        return Readme.read(EXAMPLES.resolve("README.md")).commands();
    }

    /** The one that contains this, for the API that runs here. */
    private String command(String part) {
        return commands().stream()
                .filter(command -> command.contains(part))
                .findFirst()
                .orElseThrow()
                .replace("127.0.0.1:8080", "127.0.0.1:" + system.one().port());
    }

    /** As in a shell whose java is the one of this test. */
    private static Program start(String command) {
        String path = Path.of(System.getProperty("java.home"), "bin") + File.pathSeparator + System.getenv("PATH");
        return Program.start("example", List.of("bash", "-c", command), Map.of("PATH", path));
    }
}
