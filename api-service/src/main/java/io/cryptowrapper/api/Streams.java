package io.cryptowrapper.api;

import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** The clients that follow messages by server-sent events. */
@Component
class Streams extends Repeated {

    private static final Logger log = LoggerFactory.getLogger(Streams.class);

    private static final Duration REFRESH_EVERY = Duration.ofSeconds(1);

    /** Each costs Redis two questions; with more messages, each is looked at less often. */
    private static final int REFRESHED_AT_ONCE = 100;

    private final ConcurrentHashMap<MessageId, Topic> topics = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Watches watches;
    private final Places places;
    private final Heartbeat heartbeat;
    private final Signer signer;
    private final SigningEvents events;

    Streams(Watches watches, Places places, Heartbeat heartbeat, Signer signer, SigningEvents events) {
        super("refresh", REFRESH_EVERY);
        this.watches = watches;
        this.heartbeat = heartbeat;
        this.places = places;
        this.signer = signer;
        this.events = events;
    }

    /**
     * Lets a client follow a message until it has ended.
     *
     * @param seen the id of the last event that the client has had
     * @param deadline by which it is told what is known now
     * @throws NotAcceptedException as {@link Signer#sign}, and if as many follow as may
     */
    SseEmitter open(Message message, @Nullable String seen, Deadline deadline) {
        if (!places.take()) {
            throw NotAcceptedException.noPlace();
        }
        Answer now;
        try {
            now = signer.sign(message, deadline).answer();
        } catch (RuntimeException e) {
            places.giveBack();
            throw e;
        }
        MessageStream stream = new MessageStream(seen, threads);
        if (now instanceof Answer.Pending) {
            follow(message, now, stream);
        } else {
            stream.whenOver(places::giveBack);
            stream.offer(events.of(message, now));
        }
        return stream.emitter();
    }

    /** How many follow. */
    int count() {
        return topics.values().stream().mapToInt(Topic::size).sum();
    }

    @Override
    Series begin() {
        return new Refreshing();
    }

    private void follow(Message message, Answer now, MessageStream stream) {
        MessageId id = message.id();
        // Before anything can end it.
        stream.whenOver(() -> leave(id, stream));
        heartbeat.add(stream);
        Topic topic = topics.compute(id, (key, open) -> {
            Topic one = open == null ? new Topic(message, now, events) : open;
            one.add(stream);
            return one;
        });
        watches.watch(id, topic);
        if (topics.get(id) != topic) {
            // All who followed it have left meanwhile.
            watches.leave(id, topic);
        }
    }

    private void leave(MessageId id, MessageStream stream) {
        heartbeat.remove(stream);
        places.giveBack();
        topics.computeIfPresent(id, (key, topic) -> {
            if (!topic.remove(stream)) {
                return topic;
            }
            watches.leave(id, topic);
            return null;
        });
    }

    /** Refreshes the first ones; the others are left for the next time. */
    private static List<Topic> refreshed(List<Topic> turn) {
        int now = Math.min(turn.size(), REFRESHED_AT_ONCE);
        for (Topic topic : turn.subList(0, now)) {
            try {
                topic.refresh();
            } catch (RuntimeException e) {
                log.error("Clients could not be told where their message stands", e);
            }
        }
        return turn.subList(now, turn.size());
    }

    private final class Refreshing implements Series {

        private List<Topic> left = List.of();

        @Override
        public void turn() {
            left = refreshed(left.isEmpty() ? List.copyOf(topics.values()) : left);
        }
    }
}
