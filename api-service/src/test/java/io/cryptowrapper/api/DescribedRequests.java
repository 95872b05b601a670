package io.cryptowrapper.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.cryptowrapper.api.ApiDescription.Operation;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Requests that follow from what is described: each example, each limit, and what is malformed in each way. */
final class DescribedRequests {

    /** What is not on this list limits nothing here, and would have to. */
    private static final Set<String> UNDERSTOOD =
            Set.of("type", "description", "format", "minLength", "maxLength", "pattern", "examples");

    private static final Set<String> UNDERSTOOD_OF_LISTS = Set.of("type", "items", "maxItems");

    private final ApiDescription description;
    private final Operation operation;
    private final String suffix;
    private final List<Request> requests = new ArrayList<>();

    /**
     * One request.
     *
     * @param body JSON that is posted, or nothing
     * @param malformed the parameter that is; nothing if the request is well-formed
     */
    record Request(
            String why,
            String target,
            List<String> headers,
            @Nullable String body,
            @Nullable String malformed) {

        Request with(String header) {
            List<String> more = new ArrayList<>(headers);
            more.add(header);
            return new Request(why, target, more, body, malformed);
        }
    }

    private DescribedRequests(ApiDescription description, Operation operation, String suffix) {
        this.description = description;
        this.operation = operation;
        this.suffix = suffix;
    }

    /** @param suffix what is added to each message, so that it is another one */
    static List<Request> of(ApiDescription description, Operation operation, String suffix) {
        var all = new DescribedRequests(description, operation, suffix);
        description.parameters(operation).forEach(all::vary);
        JsonNode body = description.resolve(operation.node().path("requestBody"));
        if (!body.isMissingNode()) {
            DescribedBodies.of(body.at("/content/application~1json"), suffix)
                    .forEach((json, malformed) -> all.requests.add(
                            new Request("the body is " + start(json), operation.path(), List.of(), json, malformed)));
        }
        return all.requests;
    }

    private void vary(JsonNode parameter) {
        String name = text(parameter, "name");
        JsonNode schema = parameter.get("schema");
        if (schema.has("items")) {
            varyList(parameter);
            return;
        }
        if (!UNDERSTOOD.containsAll(schema.propertyNames())) {
            throw new AssertionError("nothing is tried of what limits " + name + ": " + schema.propertyNames());
        }
        for (String example : examples(parameter)) {
            add(name + ": " + example, parameter, List.of(encoded(parameter, example)), false);
        }
        boolean inQuery = text(parameter, "in").equals("query");
        if (parameter.path("required").booleanValue(false)) {
            add(name + " is missing", parameter, List.of(), true);
        }
        if (inQuery) {
            String once = encoded(parameter, examples(parameter).getFirst());
            add(name + " is there twice", parameter, List.of(once, once), true);
            add(name + " is not percent-encoded", parameter, List.of("%zz"), true);
            add(name + " is not UTF-8", parameter, List.of("%ff"), true);
        }
        Pattern pattern = schema.has("pattern") ? Pattern.compile(text(schema, "pattern")) : null;
        int least = schema.path("minLength").intValue(0);
        if (least > 0) {
            tryLength(parameter, pattern, least);
            add(name + " is too short", parameter, List.of("m".repeat(least - 1)), true);
        }
        if (schema.has("maxLength")) {
            int most = schema.get("maxLength").intValue();
            tryLength(parameter, pattern, most);
            add(name + " is too long", parameter, List.of("m".repeat(most + 1)), true);
        }
        if (pattern != null) {
            String other = List.of("?", " ").stream()
                    .filter(value -> !pattern.matcher(value).find())
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("nothing is at odds with the pattern of " + name));
            add(name + " is at odds with its pattern", parameter, List.of(inQuery ? encode(other) : other), true);
        }
    }

    /** Of a parameter that may be there several times. */
    private void varyList(JsonNode parameter) {
        String name = text(parameter, "name");
        JsonNode schema = parameter.get("schema");
        JsonNode item = schema.get("items");
        if (!UNDERSTOOD_OF_LISTS.containsAll(schema.propertyNames()) || !UNDERSTOOD.containsAll(item.propertyNames())) {
            throw new AssertionError("nothing is tried of what limits " + name + ": " + schema);
        }
        List<String> examples = item.path("examples")
                .valueStream()
                // No name server is asked.
                .map(example -> example.stringValue().replace("client.example.com", "127.0.0.1"))
                .toList();
        List<String> encoded = examples.stream().map(DescribedRequests::encode).toList();
        add(name + ": " + examples, parameter, encoded, false);
        int most = schema.get("maxItems").intValue();
        add(name + " " + most + " times", parameter, several(encoded, most), false);
        add(name + " too often", parameter, several(encoded, most + 1), true);
        int longest = item.get("maxLength").intValue();
        String padded = examples.getFirst() + "/" + "m".repeat(longest);
        add(name + " is long", parameter, List.of(encode(padded.substring(0, longest))), false);
        add(name + " is too long", parameter, List.of(encode(padded.substring(0, longest + 1))), true);
        add(name + " is empty", parameter, List.of(""), true);
        add(name + " is at odds with its pattern", parameter, List.of(encode("?")), true);
        add(name + " is not percent-encoded", parameter, List.of("%zz"), true);
        add(name + " is malformed beside a good one", parameter, List.of(encoded.getFirst(), ""), true);
    }

    private static List<String> several(List<String> values, int howMany) {
        return IntStream.range(0, howMany).mapToObj(i -> values.getFirst() + i).toList();
    }

    private void tryLength(JsonNode parameter, @Nullable Pattern pattern, int length) {
        String value = "m".repeat(length);
        if (pattern == null || pattern.matcher(value).find()) {
            add(text(parameter, "name") + " has " + length + " characters", parameter, List.of(value), false);
        }
    }

    /** With these values of one parameter, and the first example of each other one that must be there. */
    private void add(String why, JsonNode varied, List<String> values, boolean malformed) {
        Map<JsonNode, List<String>> all = new LinkedHashMap<>();
        for (JsonNode parameter : description.parameters(operation)) {
            if (parameter.path("required").booleanValue(false)) {
                all.put(
                        parameter,
                        List.of(encoded(parameter, examples(parameter).getFirst())));
            }
        }
        all.put(varied, values);
        List<String> query = new ArrayList<>();
        List<String> headers = new ArrayList<>();
        all.forEach((parameter, given) -> {
            String name = text(parameter, "name");
            switch (text(parameter, "in")) {
                case "query" -> given.forEach(value -> query.add(name + "=" + value));
                case "header" -> given.forEach(value -> headers.add(name + ": " + value));
                default -> throw new AssertionError("a parameter in " + text(parameter, "in"));
            }
        });
        String target = operation.path() + (query.isEmpty() ? "" : "?" + String.join("&", query));
        requests.add(new Request(why, target, headers, body(), malformed ? text(varied, "name") : null));
    }

    /** The first one that is well-formed, where there is to be one. */
    private @Nullable String body() {
        JsonNode body = description.resolve(operation.node().path("requestBody"));
        return body.isMissingNode()
                ? null
                : DescribedBodies.of(body.at("/content/application~1json"), suffix)
                        .firstEntry()
                        .getKey();
    }

    private static String start(String json) {
        return json.substring(0, Math.min(json.length(), 100));
    }

    private String encoded(JsonNode parameter, String example) {
        String value = text(parameter, "name").equals("message") ? example + suffix : example;
        return text(parameter, "in").equals("query") ? encode(value) : value;
    }

    private static List<String> examples(JsonNode parameter) {
        List<String> examples = parameter
                .path("examples")
                .valueStream()
                .map(example -> text(example, "value"))
                .toList();
        if (examples.isEmpty()) {
            throw new AssertionError(text(parameter, "name") + " has no example");
        }
        return examples;
    }

    private static String encode(String value) {
        return URLEncoder.encode(value, UTF_8);
    }

    private static String text(JsonNode node, String field) {
        return node.get(field).stringValue();
    }
}
