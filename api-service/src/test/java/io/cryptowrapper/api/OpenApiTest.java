package io.cryptowrapper.api;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.containing;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import io.cryptowrapper.api.ApiDescription.Operation;
import io.cryptowrapper.api.DescribedRequests.Request;
import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.Signature;
import io.cryptowrapper.signing.SigningStatus;
import io.cryptowrapper.testing.EventClient;
import io.cryptowrapper.testing.RawHttp;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.config.YamlMapFactoryBean;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The API's description and the API are the same: whatever the description gives reason to send is sent, answers are
 * held against it, and nothing that is described is never seen.
 */
@Timeout(120)
class OpenApiTest {

    /** What no request of these brings about: a fault of the API, and a body that comes slowly (BatchTest has it). */
    private static final Set<String> NOT_ASKED_FOR = Set.of("500", "408");

    private static final String KEY = "Authorization: Bearer alice-s-key";
    private static final String BUSY_KEY = "Authorization: Bearer bobs-new_key";
    private static final String KEYS = """
        alice d1bbfadb2caae41b29639308b0f31dc7354e002d17dacee9990f6aa6aba751cf 100000
        bob ab3ae1939dce755aa5699c70aac392f1a5ec8bafed59220ba8afabb895f8bf6e 2
        """;
    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final String EVENTS = "Accept: text/event-stream";

    private static final int DATABASE = TestServers.newDatabase();
    private static final WireMockServer UPSTREAM =
            new WireMockServer(options().dynamicPort().bindAddress("127.0.0.1"));
    private static final List<Exchange> EXCHANGES = new ArrayList<>();
    private static RunningApi api;
    private static RunningApi closed;
    private static ApiDescription description;
    private static DescribedAnswers answers;
    private static Operation sign;
    private static Operation signMany;
    private static Operation verify;

    private record Exchange(Operation operation, Request request, RawHttp.Response answer, List<String> faults) {}

    @BeforeAll
    static void ask(@TempDir Path directory) throws Exception {
        UPSTREAM.start();
        upstreamAnswers();
        URI upstream = URI.create(UPSTREAM.baseUrl());
        api = RunningApi.on(
                DATABASE,
                upstream,
                Map.of(
                        "crypto.waiting.limit", "1s",
                        "crypto.cors.origins", "https://app.example.com",
                        "crypto.callback.secrets", SECRET,
                        "crypto.callback.allowed", "127.0.0.1"));
        Path keys = Files.writeString(directory.resolve("keys"), KEYS);
        closed = RunningApi.on(
                TestServers.newDatabase(),
                upstream,
                Map.of(
                        "crypto.client.keys-file",
                        keys.toString(),
                        "crypto.client.quota.window",
                        "1h",
                        "crypto.callback.secrets",
                        SECRET,
                        "crypto.callback.allowed",
                        "127.0.0.1"));
        description = ApiDescription.of(api.get("/openapi.json").body());
        answers = new DescribedAnswers(description);
        sign = description.operation("GET", "/crypto/sign");
        signMany = description.operation("POST", "/crypto/sign");
        verify = description.operation("GET", "/crypto/verify");

        for (Operation operation : description.operations()) {
            askAll(api, operation, "");
        }
        for (Operation operation : List.of(sign, signMany)) {
            askAll(api, operation, " fails");
            askAll(api, operation, " is rejected");
        }
        askForWhatIsKnown();
        follow();
        askForMany(upstream);
        askWithKeys();
    }

    @AfterAll
    static void stop() {
        closed.close();
        api.close();
        UPSTREAM.stop();
    }

    @Test
    void the_description_is_openapi() {
        assertThat(description.faults()).isEmpty();
    }

    @Test
    void each_example_is_as_it_is_described() {
        List<String> faults = new ArrayList<>();
        checkExamples(description.root(), "", faults);
        assertThat(faults).isEmpty();
    }

    @Test
    void each_answer_is_as_it_is_described() {
        assertThat(EXCHANGES)
                .filteredOn(exchange -> !exchange.faults().isEmpty())
                .extracting(exchange -> exchange.request().why() + ": " + exchange.faults())
                .isEmpty();
        assertThat(EXCHANGES).hasSizeGreaterThan(100);
    }

    @Test
    void what_is_well_formed_is_answered_and_what_is_malformed_is_refused_by_its_name() {
        for (Exchange exchange : EXCHANGES) {
            String malformed = exchange.request().malformed();
            int status = exchange.answer().status();
            if (malformed == null) {
                assertThat(status).as(exchange.request().toString()).isNotIn(400, 413);
            } else {
                assertThat(status).as(exchange.request().toString()).isIn(400, 413);
                assertThat(exchange.answer().body()).contains(malformed);
            }
        }
    }

    @Test
    void all_that_is_described_was_answered() {
        assertThat(answers.unseen())
                .filteredOn(what -> NOT_ASKED_FOR.stream()
                        .noneMatch(status -> Arrays.asList(what.split(" ")).contains(status)))
                .isEmpty();
    }

    @Test
    void whatever_can_be_asked_for_is_described() {
        Set<String> mapped = new TreeSet<>();
        api.part(RequestMappingHandlerMapping.class)
                .getHandlerMethods()
                .keySet()
                .forEach(mapping -> mapping.getMethodsCondition()
                        .getMethods()
                        .forEach(
                                method -> mapping.getPatternValues().forEach(path -> mapped.add(method + " " + path))));

        // The description does not describe itself.
        mapped.removeAll(Set.of("GET /openapi.yaml", "GET /openapi.json"));
        assertThat(mapped)
                .containsExactlyInAnyOrderElementsOf(description.operations().stream()
                        .map(Operation::toString)
                        .toList());
    }

    @Test
    void the_headers_that_pages_in_browsers_may_send_and_read_are_described() throws Exception {
        HttpRequest mayI = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + api.port() + "/crypto/sign"))
                .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                .header("Origin", "https://app.example.com")
                .header("Access-Control-Request-Method", "GET")
                .build();
        String may;
        try (HttpClient browser = HttpClient.newHttpClient()) {
            may = browser.send(mayI, HttpResponse.BodyHandlers.discarding())
                    .headers()
                    .firstValue("Access-Control-Allow-Headers")
                    .orElseThrow();
        }
        RawHttp.Response read = api.get("/crypto/sign?message=hello", "Origin: https://app.example.com");

        Set<String> sent = new TreeSet<>(Set.of("Accept", "Authorization", "Content-Type"));
        Set<String> answered = new TreeSet<>();
        for (Operation operation : description.operations()) {
            description.parameters(operation).stream()
                    .filter(parameter -> parameter.get("in").stringValue().equals("header"))
                    .forEach(parameter -> sent.add(parameter.get("name").stringValue()));
            operation
                    .node()
                    .get("responses")
                    .forEach(response -> answered.addAll(
                            description.resolve(response).path("headers").propertyNames()));
        }
        assertThat(may.split(", ")).containsExactlyInAnyOrderElementsOf(sent);
        assertThat(answered)
                .contains(read.header("Access-Control-Expose-Headers")
                        .orElseThrow()
                        .split(", "));
    }

    @Test
    void it_is_the_same_in_both_forms_and_is_not_sent_again_to_who_has_it() throws Exception {
        RawHttp.Response yaml = api.get("/openapi.yaml");
        var read = new YamlMapFactoryBean();
        read.setResources(new ByteArrayResource(yaml.body().getBytes(java.nio.charset.StandardCharsets.UTF_8)));

        assertThat(new JsonMapper().<JsonNode>valueToTree(read.getObject())).isEqualTo(description.root());
        assertThat(yaml.header("Content-Type")).contains("application/yaml");
        for (String target : List.of("/openapi.yaml", "/openapi.json")) {
            RawHttp.Response answer = api.get(target);
            assertThat(answer.header("Cache-Control")).contains("no-cache");
            assertThat(answer.header("X-Content-Type-Options")).contains("nosniff");
            String tag = answer.header("ETag").orElseThrow();
            assertThat(api.get(target, "If-None-Match: " + tag).status()).isEqualTo(304);
        }
    }

    @Test
    void where_clients_need_a_key_the_description_needs_one_too() throws Exception {
        assertThat(closed.get("/openapi.yaml").status()).isEqualTo(401);
        assertThat(closed.get("/openapi.json").status()).isEqualTo(401);
        assertThat(closed.get("/openapi.yaml", KEY).body()).startsWith("# The API");
    }

    private static void upstreamAnswers() {
        String path = "/crypto/sign";
        UPSTREAM.stubFor(get(urlPathEqualTo(path)).willReturn(aResponse().withBody("c2lnbmF0dXJl")));
        UPSTREAM.stubFor(get(urlPathEqualTo(path))
                .withQueryParam("message", containing("fails"))
                .willReturn(aResponse().withStatus(502).withBody("down")));
        UPSTREAM.stubFor(get(urlPathEqualTo(path))
                .withQueryParam("message", containing("is rejected"))
                .willReturn(aResponse().withStatus(422).withBody("not this one")));
        UPSTREAM.stubFor(
                get(urlPathEqualTo("/crypto/verify")).willReturn(aResponse().withBody("{\"valid\":false}")));
        Map.of(500, "", 504, "0", 429, "20")
                .forEach((status, retryAfter) -> UPSTREAM.stubFor(get(urlPathEqualTo("/crypto/verify"))
                        .withQueryParam("signature", equalTo(Integer.toString(status)))
                        .willReturn(aResponse().withStatus(status).withHeader("Retry-After", retryAfter))));
    }

    private static void askAll(RunningApi api, Operation operation, String suffix, String... more) throws IOException {
        for (Request request : DescribedRequests.of(description, operation, suffix)) {
            ask(api, operation, Arrays.stream(more).reduce(request, Request::with, (one, other) -> other));
        }
    }

    /** A signature that the client has, and an end that it has been told. */
    private static void askForWhatIsKnown() throws IOException {
        RawHttp.Response known = ask(api, sign, "message=hello");
        String tag = "If-None-Match: " + known.header("ETag").orElseThrow();
        ask(api, sign, "message=hello", tag, "Prefer: wait=1");
        ask(closed, sign, "message=hello", KEY);
        ask(closed, sign, "message=hello", KEY, tag);
        RawHttp.Response ended = ask(api, sign, "message=hello", EVENTS);
        ask(api, sign, "message=hello+is+rejected", EVENTS);
        String seen = ended.body().replaceAll("(?s).*\nid:(\\S+).*", "$1");
        ask(api, sign, "message=hello", EVENTS, "Last-Event-ID: " + seen);
        ask(closed, sign, "message=hello", KEY, EVENTS, "Last-Event-ID: " + seen);
    }

    /** A message that waits and is then signed. */
    private static void follow() throws IOException {
        try (EventClient client = EventClient.open(api.port(), "/crypto/sign?message=hello+fails", EVENTS)) {
            client.nextNamed("pending");
            api.part(SignatureStore.class)
                    .record(new Message("hello fails").id(), new SigningStatus.Signed(new Signature("c2ln")));
            client.nextNamed("signed");
            for (EventClient.Event event : client.told()) {
                assertThat(answers.eventFaults(sign, event.name(), event.data()))
                        .isEmpty();
            }
        }
    }

    /** What only clients with keys are told, and what is away at last. */
    private static void askWithKeys() throws IOException {
        for (Operation operation : description.operations()) {
            askAll(closed, operation, "", KEY);
            for (Request request :
                    DescribedRequests.of(description, operation, "").subList(0, 1)) {
                ask(closed, operation, request);
                for (int i = 0; i < 3; i++) {
                    ask(closed, operation, request.with(BUSY_KEY));
                }
            }
        }
        // After a 429 with Retry-After nothing is called for a while.
        for (int status : new int[] {500, 504, 429, 0}) {
            ask(closed, verify, "message=hello&signature=" + status, KEY);
        }
        closed.toRedis().cut();
        closed.toBroker().cut();
        ask(closed, sign, "message=new", KEY);
        post(closed, "{\"messages\":[\"new\"]}", KEY);
    }

    /** Messages of which some have ended and some are not accepted, and bodies that are none. */
    private static void askForMany(URI upstream) throws IOException {
        try (RunningApi full = RunningApi.on(DATABASE, upstream, Map.of("crypto.retry.max-pending", "1"))) {
            ask(full, sign, "message=it+fails");
            String some = "{\"messages\":[\"hello\",\"hello is rejected\",\"new\"]}";
            post(full, some, EVENTS);
            post(full, some);
            post(full, some.replace("]", ",\"good evening fails\"]"), "Prefer: respond-async");
        }
        post(api, "{\"messages\":[\"hello\"]}", "Content-Encoding: gzip");
        try (Socket socket =
                RawHttp.send("POST", api.port(), "/crypto/sign", "Content-Type: text/plain", "Content-Length: 0")) {
            Request request = new Request("a text is posted", "/crypto/sign", List.of(), null, null);
            RawHttp.Response answer = RawHttp.read(socket);
            EXCHANGES.add(new Exchange(signMany, request, answer, answers.faults(signMany, answer)));
        }
    }

    private static void post(RunningApi api, String body, String... headers) throws IOException {
        ask(api, signMany, new Request(body + List.of(headers), "/crypto/sign", List.of(headers), body, null));
    }

    private static RawHttp.Response ask(RunningApi api, Operation operation, String query, String... headers)
            throws IOException {
        String target = operation.path() + "?" + query;
        return ask(api, operation, new Request(target + " " + List.of(headers), target, List.of(headers), null, null));
    }

    private static RawHttp.Response ask(RunningApi api, Operation operation, Request request) throws IOException {
        String[] headers = request.headers().toArray(String[]::new);
        RawHttp.Response answer = request.body() == null
                ? api.get(request.target(), headers)
                : RawHttp.post(api.port(), request.target(), request.body(), headers);
        EXCHANGES.add(new Exchange(operation, request, answer, answers.faults(operation, answer)));
        return answer;
    }

    /** Of whatever has a schema. */
    private static void checkExamples(JsonNode node, String where, List<String> faults) {
        List<JsonNode> examples = new ArrayList<>();
        node.path("examples")
                .forEach(example -> examples.add(description.resolve(example).path("value")));
        examples.addAll(node.has("example") ? List.of(node.get("example")) : List.of());
        if (node.path("schema").isObject()) {
            examples.forEach(example -> description
                    .faults(node.get("schema"), example)
                    .forEach(fault -> faults.add(where + ": " + example + ": " + fault)));
        }
        node.forEachEntry((name, below) -> checkExamples(below, where + "/" + name, faults));
        node.valueStream().filter(below -> !node.isObject()).forEach(below -> checkExamples(below, where, faults));
    }
}
