package io.cryptowrapper.api;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.stereotype.Component;

/** Keeps the connections of those who follow alive; on a thread of its own, which a slow Redis does not hold up. */
@Component
class Heartbeat extends Repeated {

    /** Proxies end connections on which nothing happens, most of them after a minute or half of one. */
    private static final Duration EVERY = Duration.ofSeconds(15);

    private final Set<Stream> streams = ConcurrentHashMap.newKeySet();

    Heartbeat() {
        super("heartbeat", EVERY);
    }

    void add(Stream stream) {
        streams.add(stream);
    }

    void remove(Stream stream) {
        streams.remove(stream);
    }

    @Override
    Series begin() {
        return () -> streams.forEach(Stream::beat);
    }
}
