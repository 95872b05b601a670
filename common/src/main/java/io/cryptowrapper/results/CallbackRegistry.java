package io.cryptowrapper.results;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.cryptowrapper.redis.Scripts;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.Sha256;
import io.cryptowrapper.signing.SigningStatus;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;

/** Which clients are to be called back when a message has ended, in Redis. */
public class CallbackRegistry {

    /** So many may wait for one message. */
    static final int MOST = 100;

    private static final String ENTRY = "c:";

    private static final RedisScript<String> CHANGE =
            Scripts.read("callbacks.lua", CallbackRegistry.class, String.class);

    @SuppressWarnings("rawtypes")
    private static final RedisScript<List> TAKE = Scripts.read("callbacks.lua", CallbackRegistry.class, List.class);

    private final StringRedisTemplate redis;
    private final RedisKeys keys;

    /** @param redis by which is written what a new primary must know */
    public CallbackRegistry(StringRedisTemplate redis, RedisKeys keys) {
        this.redis = redis;
        this.keys = keys;
    }

    /** How a message stood when a callback was noted. */
    public enum Registered {
        /** Whoever records its end makes the callback. */
        WAITS,
        /** It had ended before. */
        ENDED,
        /** As many callbacks wait for it as may: none was noted. */
        FULL
    }

    /**
     * A callback that is to be made now.
     *
     * @param url where to
     * @param client whose it is; empty where clients have no names
     */
    public record Due(URI url, String client, String field, String line) {}

    /** What is to be done for a message. */
    public sealed interface Taken {

        /** Nothing: no callback waits. */
        record Gone() implements Taken {}

        /** Nothing yet, for a message that callbacks have waited for so long. */
        record Waits(Duration age) implements Taken {}

        /** Somebody else does it. */
        record Leased() implements Taken {}

        /** These are to be made, and to be removed then. */
        record Ended(Message message, SigningStatus end, List<Due> due) implements Taken {}
    }

    /**
     * Notes that a client is to be called back. The same callback twice is one.
     *
     * @param client its name; empty where clients have none
     */
    public Registered register(Message message, List<URI> urls, String client, Instant now) {
        Stream<String> fixed = Stream.of(
                "register",
                Integer.toString(MOST),
                Long.toString(keys.lifeOfCallbacks().toMillis()),
                message.text());
        Stream<String> entries = urls.stream()
                .flatMap(url -> Stream.of(
                        field(url, client), StoredCallback.of(url, client, now).toJson()));
        return switch (change(message.id(), Stream.concat(fixed, entries))) {
            case "full" -> Registered.FULL;
            case "ended" -> Registered.ENDED;
            default -> Registered.WAITS;
        };
    }

    /** Takes the callbacks of a message that has ended. For the time of the lease nobody else gets them. */
    public Taken take(MessageId id, Duration lease) {
        List<?> reply = redis.execute(TAKE, both(id), "take", Long.toString(lease.toMillis()));
        return switch ((String) reply.getFirst()) {
            case "gone" -> new Taken.Gone();
            case "leased" -> new Taken.Leased();
            case "waits" -> new Taken.Waits(Duration.ofMillis(Long.parseLong((String) reply.get(1))));
            default ->
                StoredStatus.read((String) reply.get(2))
                        .<Taken>map(end -> new Taken.Ended(new Message((String) reply.get(1)), end, due(reply)))
                        .orElseGet(() -> new Taken.Waits(Duration.ZERO));
        };
    }

    /**
     * Removes callbacks that are safe elsewhere.
     *
     * @return whether none is left
     */
    public boolean remove(MessageId id, List<Due> made) {
        return change(id, Stream.concat(Stream.of("remove"), lines(made))).equals("gone");
    }

    /** Ends the lease of callbacks that could not be made, so that somebody else may try. */
    public void giveBack(MessageId id, List<Due> due) {
        change(id, Stream.concat(Stream.of("give-back"), lines(due)));
    }

    private String change(MessageId id, Stream<String> arguments) {
        return redis.execute(CHANGE, both(id), arguments.toArray());
    }

    private List<String> both(MessageId id) {
        return List.of(keys.callbacks(id), keys.status(id));
    }

    private static Stream<String> lines(List<Due> due) {
        return due.stream().flatMap(one -> Stream.of(one.field(), one.line()));
    }

    private static List<Due> due(List<?> reply) {
        List<Due> due = new ArrayList<>();
        for (int i = 3; i < reply.size(); i += 2) {
            String field = (String) reply.get(i);
            String line = (String) reply.get(i + 1);
            Optional<StoredCallback> stored = StoredCallback.read(line.split(" ", 3)[2]);
            stored.ifPresent(one -> due.add(new Due(one.target(), one.owner(), field, line)));
        }
        return due;
    }

    /** Two clients, or two URLs, are two callbacks. */
    private static String field(URI url, String client) {
        String name = client.length() + " " + client + url;
        return ENTRY + HexFormat.of().formatHex(Sha256.of(name.getBytes(UTF_8)));
    }
}
