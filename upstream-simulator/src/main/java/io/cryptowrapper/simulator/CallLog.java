package io.cryptowrapper.simulator;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/** The latest calls in the order of their arrival; the oldest are forgotten, so that memory stays bounded. */
final class CallLog {

    static final int MOST_CALLS = 100_000;

    /** Ordinary messages never reach this; a hundred thousand of the longest ones would take a gigabyte. */
    static final long MOST_CHARACTERS = 32_000_000;

    private final Deque<Call> calls = new ArrayDeque<>();
    private long characters;
    private volatile Consumer<Call> listener = call -> {};

    synchronized void add(Call call) {
        calls.addLast(call);
        characters += call.message().length();
        while (calls.size() > MOST_CALLS || characters > MOST_CHARACTERS) {
            characters -= calls.removeFirst().message().length();
        }
        listener.accept(call);
    }

    void tell(Consumer<Call> newListener) {
        listener = newListener;
    }

    synchronized List<Call> calls() {
        return List.copyOf(calls);
    }

    /** How many calls arrived in that half-open window of length {@code window} in which most did. */
    int mostInAnyWindow(Duration window) {
        return Call.mostInAnyWindow(calls(), window);
    }
}
