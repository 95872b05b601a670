package io.cryptowrapper.results;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.net.URI;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The JSON of a callback in Redis, version 1. Fields may be added; one that changes its meaning makes a version 2.
 *
 * <pre>{@code {"v":1,"url":"https://…","client":"…","registered_at":1764000000000}}</pre>
 */
@JsonPropertyOrder({"v", "url", "client", "registered_at"})
record StoredCallback(
        int v,
        @Nullable String url,
        @Nullable String client,
        @JsonProperty("registered_at") long registeredAt) {

    private static final JsonMapper JSON = JsonMapper.shared();

    static StoredCallback of(URI url, String client, Instant now) {
        return new StoredCallback(1, url.toString(), client, now.toEpochMilli());
    }

    String toJson() {
        return JSON.writeValueAsString(this);
    }

    /** Nothing for what this version cannot read: one that can will make it. */
    static Optional<StoredCallback> read(String json) {
        try {
            StoredCallback read = JSON.readValue(json, StoredCallback.class);
            return read != null && read.v == 1 && read.url != null && read.client != null
                    ? Optional.of(read)
                    : Optional.empty();
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }

    URI target() {
        return URI.create(Objects.requireNonNull(url));
    }

    String owner() {
        return Objects.requireNonNull(client);
    }
}
