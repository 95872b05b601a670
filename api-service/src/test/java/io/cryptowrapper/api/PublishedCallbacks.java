package io.cryptowrapper.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The callbacks that an API has handed over to the broker, from which nobody takes them in these tests. */
final class PublishedCallbacks {

    private static final String QUEUE = "sign.callback.work";

    private final RunningApi api;
    private final List<JsonNode> seen = new ArrayList<>();

    PublishedCallbacks(RunningApi api) {
        this.api = api;
    }

    /** Waits until so many are there for a URL. */
    List<JsonNode> awaitTo(String url, int howMany) {
        return await(url).ignoreExceptions().until(() -> to(url), found -> found.size() >= howMany);
    }

    List<JsonNode> to(String url) {
        Message next;
        while ((next = api.part(RabbitTemplate.class).receive(QUEUE)) != null) {
            seen.add(JsonMapper.shared().readTree(new String(next.getBody(), UTF_8)));
        }
        return seen.stream()
                .filter(callback -> callback.get("url").asString().equals(url))
                .toList();
    }
}
