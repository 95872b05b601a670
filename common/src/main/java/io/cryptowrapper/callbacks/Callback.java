package io.cryptowrapper.callbacks;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * A POST that is owed to a client; it travels through the queues as JSON, version 1.
 *
 * <pre>{@code
 * {"v":1,"id":"…","url":"https://…","body":"{…}","attempt":1,"created_at":1764000000000,"due_at":1764000000000}
 * }</pre>
 *
 * @param id the same at each attempt, by which a receiver knows what it has had already
 * @param url where to; its path and query may be a secret
 * @param body what is posted, as JSON
 * @param attempt the number of the attempt it travels to, counted from 1
 * @param createdAt when it was owed first
 * @param dueAt when the attempt is to be made: the queues have fixed delays, and this has not
 */
public record Callback(String id, URI url, String body, int attempt, Instant createdAt, Instant dueAt) {

    /** More than any callback has, however long its list of delays. */
    private static final int MOST_ATTEMPTS = 1_000_000_000;

    /** It is sent in a header, and stands in the log. */
    private static final Pattern ID = Pattern.compile("[!-~]{1,256}");

    private static final JsonMapper JSON = JsonMapper.shared();

    public Callback {
        if (!ID.matcher(id).matches()) {
            throw new IllegalArgumentException("an id is 1 to 256 printable ASCII characters");
        }
        if (attempt < 1) {
            throw new IllegalArgumentException("attempts are counted from 1");
        }
    }

    /** A new one, to be sent as soon as the list of delays allows. */
    public static Callback first(String id, URI url, String body, Instant now) {
        Instant created = now.truncatedTo(ChronoUnit.MILLIS);
        return new Callback(id, url, body, 1, created, created);
    }

    /** The same one, to be tried again. */
    public Callback next(Instant dueAgainAt) {
        return new Callback(id, url, body, attempt + 1, createdAt, dueAgainAt);
    }

    /** The same one from the beginning. */
    public Callback again(Instant now) {
        return new Callback(id, url, body, 1, createdAt, now);
    }

    /** All of its URL that may be shown. */
    public String host() {
        return Optional.ofNullable(url.getHost()).orElse("?").toLowerCase(Locale.ROOT);
    }

    /** How long it is until it is due; not positive if it is. */
    public Duration left(Instant now) {
        return Duration.between(now, dueAt);
    }

    byte[] toJson() {
        return JSON.writeValueAsBytes(
                new Json(1, id, url.toString(), body, attempt, createdAt.toEpochMilli(), dueAt.toEpochMilli()));
    }

    /** @throws UnreadableCallbackException with a reason that quotes nothing of the payload */
    static Callback read(byte[] payload) {
        Json json;
        try {
            json = JSON.readValue(payload, Json.class);
        } catch (JacksonException e) {
            throw new UnreadableCallbackException("not the JSON of a callback");
        }
        if (json == null || json.v() != 1) {
            throw new UnreadableCallbackException("not of version 1");
        }
        if (json.id() == null || json.url() == null || json.body() == null) {
            throw new UnreadableCallbackException("without an id, a URL or a body");
        }
        if (json.attempt() > MOST_ATTEMPTS) {
            throw new UnreadableCallbackException("without a number of an attempt");
        }
        try {
            return new Callback(
                    json.id(),
                    URI.create(json.url()),
                    json.body(),
                    json.attempt(),
                    Instant.ofEpochMilli(json.createdAt()),
                    Instant.ofEpochMilli(json.dueAt()));
        } catch (IllegalArgumentException e) {
            throw new UnreadableCallbackException("with an id, a URL or an attempt that cannot be");
        }
    }

    @JsonPropertyOrder({"v", "id", "url", "body", "attempt", "created_at", "due_at"})
    private record Json(
            int v,
            @Nullable String id,
            @Nullable String url,
            @Nullable String body,
            int attempt,
            @JsonProperty("created_at") long createdAt,
            @JsonProperty("due_at") long dueAt) {}
}
