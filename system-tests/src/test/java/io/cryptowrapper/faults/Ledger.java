package io.cryptowrapper.faults;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Each message that was ever accepted, and what clients have been told of it last. */
final class Ledger {

    private final Set<String> waiting = ConcurrentHashMap.newKeySet();
    private final Map<String, String> signed = new ConcurrentHashMap<>();
    private final Set<String> rejected = ConcurrentHashMap.newKeySet();

    void accepted(String message) {
        if (!signed.containsKey(message)) {
            waiting.add(message);
        }
    }

    /**
     * Has its signature.
     *
     * @return whether it is the one that was told before, if there was one
     */
    boolean signed(String message, String signature) {
        String before = signed.putIfAbsent(message, signature);
        waiting.remove(message);
        rejected.remove(message);
        return before == null || before.equals(signature);
    }

    /** Told that no retry can help; only what is forgotten after that, and asked for again, is tried anew. */
    void rejected(String message) {
        waiting.remove(message);
        rejected.add(message);
    }

    /** How many are waiting for their signatures. */
    int atRisk() {
        return waiting.size();
    }

    List<String> waiting() {
        return List.copyOf(waiting);
    }

    Map<String, String> signed() {
        return Map.copyOf(signed);
    }

    Set<String> rejected() {
        return new TreeSet<>(rejected);
    }

    int size() {
        return waiting.size() + signed.size() + rejected.size();
    }

    /** Any message that waits and is of these; nothing if none is. */
    @Nullable
    String anyWaiting(Predicate<String> of) {
        List<String> all = waiting.stream().filter(of).toList();
        return all.isEmpty() ? null : all.get(ThreadLocalRandom.current().nextInt(all.size()));
    }
}
