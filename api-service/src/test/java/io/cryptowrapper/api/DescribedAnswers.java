package io.cryptowrapper.api;

import io.cryptowrapper.api.ApiDescription.Operation;
import io.cryptowrapper.testing.RawHttp;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/** Holds answers against what is described, and knows what of it has been seen. */
final class DescribedAnswers {

    /** Of HTTP and not of the API. */
    private static final Set<String> OF_HTTP =
            Set.of("connection", "content-length", "content-type", "date", "keep-alive", "transfer-encoding");

    private static final JsonMapper JSON = new JsonMapper();

    private final ApiDescription description;
    private final Set<String> seen = new TreeSet<>();

    DescribedAnswers(ApiDescription description) {
        this.description = description;
    }

    /** What of an answer is not as it is described. */
    List<String> faults(Operation operation, RawHttp.Response answer) {
        JsonNode described = operation.node().path("responses").path(Integer.toString(answer.status()));
        if (described.isMissingNode()) {
            return List.of("the status " + answer.status() + " is not described");
        }
        String what = operation + " " + answer.status();
        seen.add(what);
        List<String> faults = new ArrayList<>();
        headers(what, description.resolve(described).path("headers"), answer, faults);
        body(operation, description.resolve(described).path("content"), answer, faults);
        return faults;
    }

    /** What is described and was never seen. */
    Set<String> unseen() {
        Set<String> all = new TreeSet<>();
        for (Operation operation : description.operations()) {
            operation.node().get("responses").forEachEntry((status, reference) -> {
                String what = operation + " " + status;
                JsonNode response = description.resolve(reference);
                all.add(what);
                response.path("headers").propertyNames().forEach(name -> all.add(what + " " + name));
                response.path("content").forEachEntry((type, media) -> {
                    all.add(what + " " + type);
                    cases(media).forEach((name, schema) -> {
                        all.add(what + " " + type + " " + name);
                        description.resolve(schema).path("properties").propertyNames().stream()
                                .forEach(property -> all.add(what + " " + type + " " + name + "." + property));
                    });
                });
            });
        }
        all.removeAll(seen);
        return all;
    }

    /** What of an event of a stream is not as {@code x-events} describes it. */
    List<String> eventFaults(Operation operation, String event, String data) {
        String what = operation + " 200 text/event-stream";
        JsonNode media = operation.node().at("/responses/200/content").path("text/event-stream");
        JsonNode schema = cases(media).get(event);
        return schema == null
                ? List.of("the event " + event + " is not described")
                : fits(what, Map.of(event, schema), JSON.readTree(data));
    }

    private void headers(String what, JsonNode described, RawHttp.Response answer, List<String> faults) {
        Map<String, String> sent = answer.headers()
                .lines()
                .skip(1)
                .map(line -> line.split(":", 2))
                .collect(Collectors.toMap(
                        line -> line[0].toLowerCase(Locale.ROOT),
                        line -> line[1].strip(),
                        (one, other) -> one + ", " + other,
                        LinkedHashMap::new));
        sent.keySet().removeAll(OF_HTTP);
        // Where pages of other origins may use the API.
        sent.remove("vary", "Origin");
        described.forEachEntry((name, reference) -> {
            JsonNode header = description.resolve(reference);
            String value = sent.remove(name.toLowerCase(Locale.ROOT));
            if (value != null) {
                seen.add(what + " " + name);
                description.faults(header.get("schema"), valueOf(header.get("schema"), value)).stream()
                        .map(fault -> name + ": " + value + ": " + fault)
                        .forEach(faults::add);
            } else if (header.path("required").booleanValue(false)) {
                faults.add("the header " + name + " is missing");
            }
        });
        sent.keySet().forEach(name -> faults.add("the header " + name + " is not described"));
    }

    private void body(Operation operation, JsonNode described, RawHttp.Response answer, List<String> faults) {
        String what = operation + " " + answer.status();
        if (described.isMissingNode()) {
            if (!answer.body().isEmpty() || answer.header("Content-Type").isPresent()) {
                faults.add("a body is not described");
            }
            return;
        }
        String type = answer.header("Content-Type").orElse("none").split(";", 2)[0];
        if (!described.has(type)) {
            faults.add("the content type " + type + " is not described");
            return;
        }
        seen.add(what + " " + type);
        if (type.equals("text/event-stream")) {
            for (String event : answer.body().split("\n\n", -1)) {
                if (event.contains("data:")) {
                    faults.addAll(eventFaults(operation, field(event, "event"), field(event, "data")));
                }
            }
            return;
        }
        try {
            JsonNode body = JSON.readTree(answer.body());
            if (described.get(type).get("schema").has("items")) {
                faults.addAll(description.faults(described.get(type).get("schema"), body));
                body.forEach(one -> faults.addAll(fits(what + " " + type, cases(described.get(type)), one)));
            } else {
                faults.addAll(fits(what + " " + type, cases(described.get(type)), body));
            }
        } catch (JacksonException e) {
            faults.add("the body is no JSON: " + answer.body());
        }
    }

    private static String field(String event, String name) {
        return event.lines()
                .filter(line -> line.startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).strip())
                .collect(Collectors.joining());
    }

    /** A body is as one of the cases and no other. */
    private List<String> fits(String what, Map<String, JsonNode> cases, JsonNode body) {
        Map<String, List<String>> faults = new LinkedHashMap<>();
        cases.forEach((name, schema) -> faults.put(name, description.faults(schema, body)));
        List<String> fitting = faults.entrySet().stream()
                .filter(one -> one.getValue().isEmpty())
                .map(Map.Entry::getKey)
                .toList();
        if (fitting.size() != 1) {
            return List.of(body + " is as " + fitting + " of " + faults);
        }
        String name = fitting.getFirst();
        seen.add(what + " " + name);
        body.propertyNames().forEach(property -> seen.add(what + " " + name + "." + property));
        return List.of();
    }

    /** The schemas of a body, or of what is in its list, by their names: one, several, or those of events. */
    private Map<String, JsonNode> cases(JsonNode media) {
        Map<String, JsonNode> cases = new LinkedHashMap<>();
        JsonNode schema = media.get("schema").has("items") ? media.get("schema").get("items") : media.get("schema");
        if (media.has("x-events")) {
            media.get("x-events").forEachEntry(cases::put);
        } else if (schema.has("oneOf")) {
            schema.get("oneOf").forEach(one -> cases.put(nameOf(one), one));
        } else {
            cases.put(nameOf(schema), schema);
        }
        return cases;
    }

    private static String nameOf(JsonNode reference) {
        return reference.path("$ref").stringValue("").replaceFirst(".*/", "");
    }

    private static JsonNode valueOf(JsonNode schema, String header) {
        JsonNodeFactory nodes = JsonNodeFactory.instance;
        return schema.path("type").stringValue("").equals("integer") && header.matches("[0-9]+")
                ? nodes.numberNode(Long.parseLong(header))
                : nodes.stringNode(header);
    }
}
