package io.cryptowrapper.api;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.Signature;
import java.time.Duration;
import java.util.Optional;
import org.springframework.stereotype.Component;

/**
 * What this process remembers by itself, for the time when Redis does not answer. Bounded, and gone with the process.
 */
@Component
class Memory {

    /** In characters; each entry also costs its key. */
    private static final long MOST_SIGNATURES = 32L * 1024 * 1024;

    private static final int KEY_COST = 200;
    private static final long MOST_UNSEEN = 100_000;

    private final Cache<MessageId, Signature> signatures;
    private final Cache<MessageId, Boolean> queuedUnseen;

    Memory(CryptoSettings settings) {
        this.signatures = Caffeine.newBuilder()
                .maximumWeight(MOST_SIGNATURES)
                .weigher((MessageId id, Signature signature) ->
                        KEY_COST + signature.value().length())
                .expireAfterWrite(settings.cache().ttl())
                .build();
        this.queuedUnseen = Caffeine.newBuilder()
                .maximumSize(MOST_UNSEEN)
                .expireAfterWrite(Duration.ofMinutes(10))
                .build();
    }

    void remember(MessageId id, Signature signature) {
        signatures.put(id, signature);
    }

    Optional<Signature> recall(MessageId id) {
        return Optional.ofNullable(signatures.getIfPresent(id));
    }

    void rememberQueuedUnseen(MessageId id) {
        queuedUnseen.put(id, true);
    }

    void forgetQueuedUnseen(MessageId id) {
        queuedUnseen.invalidate(id);
    }

    boolean isQueuedUnseen(MessageId id) {
        return queuedUnseen.getIfPresent(id) != null;
    }
}
