package io.cryptowrapper.simulator;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * The messages that fail at first, and since when. Which ones they are depends on the seed and the message alone, so
 * the same ones fail after a restart. Not thread-safe.
 */
final class FailingMessages {

    /** A message that was forgotten fails anew. */
    static final int MOST_REMEMBERED = 100_000;

    private final long seed;
    private final double share;
    private final long failingNanos;
    private final SequencedMap<ByteBuffer, Long> firstCalls = new LinkedHashMap<>();

    FailingMessages(long seed, double share, Duration failingTime) {
        this.seed = seed;
        this.share = share;
        this.failingNanos = failingTime.toNanos();
    }

    /** Whether {@code message} is one of those that fail at first. */
    boolean contains(String message) {
        return contains(fingerprint(message));
    }

    /** Whether a call with {@code message} fails at {@code now}; its failing time starts with its first call here. */
    boolean fails(String message, long now) {
        ByteBuffer fingerprint = fingerprint(message);
        if (!contains(fingerprint)) {
            return false;
        }
        long firstCall = firstCalls.computeIfAbsent(fingerprint, unseen -> now);
        if (firstCalls.size() > MOST_REMEMBERED) {
            firstCalls.pollFirstEntry();
        }
        return now - firstCall < failingNanos;
    }

    private boolean contains(ByteBuffer fingerprint) {
        // The first 53 bits as a number from 0 (inclusive) to 1 (exclusive).
        return (fingerprint.getLong(0) >>> 11) * 0x1p-53 < share;
    }

    private ByteBuffer fingerprint(String message) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, seed));
            return ByteBuffer.wrap(digest.digest(message.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256.", e);
        }
    }
}
