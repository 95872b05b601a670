package io.cryptowrapper.api;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.dialect.Dialects;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The API's description as it is served. */
final class ApiDescription {

    /** Of the specification itself; its schemas are those that JSON Schema is extended by for OpenAPI. */
    private static final String META_SCHEMA = "https://spec.openapis.org/oas/3.1/schema-base/2025-09-15";

    private static final JsonMapper JSON = new JsonMapper();
    private static final Set<String> METHODS = Set.of("get", "put", "post", "delete", "patch", "head", "options");

    private static final SchemaRegistry SCHEMAS = SchemaRegistry.withDialects(
            List.of(Dialects.getOpenApi31(), Dialects.getDraft202012()),
            registry -> registry.defaultDialectId(Dialects.getOpenApi31().getId())
                    .schemaIdResolvers(ids -> ids.mapPrefix("https://spec.openapis.org/oas/", "classpath:openapi/"))
                    .schemaRegistryConfig(SchemaRegistryConfig.builder()
                            .formatAssertionsEnabled(true)
                            .build()));

    private final JsonNode root;
    private final JsonSchemas open;
    private final JsonSchemas closed;

    /** Those of the document, with what they refer to. */
    private record JsonSchemas(JsonNode components, Map<JsonNode, Schema> compiled) {

        List<String> faults(JsonNode schema, JsonNode value) {
            return compiled
                    .computeIfAbsent(schema, key -> {
                        ObjectNode whole = JSON.createObjectNode();
                        whole.set("components", components);
                        whole.set("allOf", JSON.createArrayNode().add(schema));
                        return SCHEMAS.getSchema(whole);
                    })
                    .validate(value)
                    .stream()
                    .map(Object::toString)
                    .toList();
        }
    }

    /** @param method in capital letters */
    record Operation(String method, String path, JsonNode node) {

        @Override
        public String toString() {
            return method + " " + path;
        }
    }

    private ApiDescription(JsonNode root) {
        this.root = root;
        JsonNode components = root.get("components");
        this.open = new JsonSchemas(components, new HashMap<>());
        this.closed = new JsonSchemas(components.deepCopy(), new HashMap<>());
        closed.components().get("schemas").forEach(ApiDescription::close);
    }

    static ApiDescription of(String json) {
        return new ApiDescription(JSON.readTree(json));
    }

    JsonNode root() {
        return root;
    }

    List<Operation> operations() {
        List<Operation> operations = new ArrayList<>();
        root.get("paths")
                .forEachEntry((path, item) -> item.forEachEntry((method, node) -> {
                    if (METHODS.contains(method)) {
                        operations.add(new Operation(method.toUpperCase(Locale.ROOT), path, node));
                    }
                }));
        return operations;
    }

    Operation operation(String method, String path) {
        return operations().stream()
                .filter(operation -> operation.toString().equals(method + " " + path))
                .findFirst()
                .orElseThrow(() -> new AssertionError(method + " " + path + " is not described"));
    }

    List<JsonNode> parameters(Operation operation) {
        return operation
                .node()
                .path("parameters")
                .valueStream()
                .map(this::resolve)
                .toList();
    }

    /** What a reference leads to. */
    JsonNode resolve(JsonNode node) {
        JsonNode reference = node.path("$ref");
        return reference.isString() ? resolve(root.at(reference.stringValue().substring(1))) : node;
    }

    /** What is wrong with the document by the specification. */
    List<String> faults() {
        return SCHEMAS.getSchema(SchemaLocation.of(META_SCHEMA)).validate(root).stream()
                .map(Object::toString)
                .toList();
    }

    /**
     * What is wrong with a value, for readers who leave alone what they do not know; and then for this test, which
     * wants each field to be described.
     */
    List<String> faults(JsonNode schema, JsonNode value) {
        return Stream.of(open, closed)
                .flatMap(schemas -> schemas.faults(schema, value).stream())
                .toList();
    }

    private static void close(JsonNode schema) {
        schema.forEach(ApiDescription::close);
        if (schema instanceof ObjectNode object && object.path("properties").isObject()) {
            object.put("additionalProperties", false);
        }
    }
}
