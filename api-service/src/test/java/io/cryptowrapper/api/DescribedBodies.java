package io.cryptowrapper.api;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Bodies that follow from what is described: objects of lists of texts. */
final class DescribedBodies {

    private static final JsonMapper JSON = new JsonMapper();
    private static final Set<String> OF_OBJECTS = Set.of("type", "required", "additionalProperties", "properties");
    private static final Set<String> OF_LISTS = Set.of("type", "minItems", "maxItems", "items");
    private static final Set<String> OF_TEXTS = Set.of("type", "description", "minLength", "maxLength");

    private final SequencedMap<String, @Nullable String> bodies = new LinkedHashMap<>();

    private DescribedBodies() {}

    /**
     * The bodies, each with the field that is malformed, or nothing; the first one is not.
     *
     * @param suffix what is added to each text of the examples
     */
    static SequencedMap<String, @Nullable String> of(JsonNode media, String suffix) {
        var all = new DescribedBodies();
        media.get("examples").forEach(example -> all.add(withSuffix(example.get("value"), suffix), null));
        JsonNode schema = all.understood(media.get("schema"), OF_OBJECTS);
        for (String body : new String[] {"", "{", "[]", "1", "null", "{} {}"}) {
            all.bodies.put(body, "");
        }
        schema.get("required").forEach(name -> all.add(JSON.createObjectNode(), name.stringValue()));
        ObjectNode more = (ObjectNode) Objects.requireNonNull(media.get("examples"))
                .iterator()
                .next()
                .get("value")
                .deepCopy();
        all.add(more.put("another", 1), "another field");
        schema.get("properties").forEachEntry(all::vary);
        return all.bodies;
    }

    private void vary(String name, JsonNode list) {
        JsonNode text = understood(list, OF_LISTS).get("items");
        understood(text, OF_TEXTS);
        for (JsonNode wrong : JSON.readTree("[1, \"m\", null, {}, [1], [null], [[\"m\"]]]")) {
            add(JSON.createObjectNode().set(name, wrong), name);
        }
        int most = list.get("maxItems").intValue();
        int longest = text.get("maxLength").intValue();
        add(listOf(name, "m", most), null);
        add(listOf(name, "m", most + 1), name);
        add(listOf(name, "m", list.get("minItems").intValue() - 1), name);
        add(listOf(name, "m".repeat(longest), 1), null);
        add(listOf(name, "m".repeat(longest + 1), 1), name);
        add(listOf(name, "m".repeat(text.get("minLength").intValue() - 1), 1), name);
    }

    private static ObjectNode listOf(String name, String text, int howMany) {
        ArrayNode list = JSON.createArrayNode();
        for (int i = 0; i < howMany; i++) {
            list.add(text);
        }
        ObjectNode body = JSON.createObjectNode();
        body.set(name, list);
        return body;
    }

    private void add(JsonNode body, @Nullable String malformed) {
        bodies.put(body.toString(), malformed);
    }

    private JsonNode understood(JsonNode schema, Set<String> keywords) {
        if (!keywords.containsAll(schema.propertyNames())) {
            throw new AssertionError("nothing is tried of what limits this: " + schema.propertyNames());
        }
        return schema;
    }

    private static JsonNode withSuffix(JsonNode example, String suffix) {
        ObjectNode changed = JSON.createObjectNode();
        for (Map.Entry<String, JsonNode> field : example.properties()) {
            ArrayNode list = changed.putArray(field.getKey());
            field.getValue().forEach(text -> list.add(text.stringValue() + suffix));
        }
        return changed;
    }
}
