package io.cryptowrapper.faults;

import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.simulator.Call;
import io.cryptowrapper.simulator.SimulatorSettings;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.system.Project;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** The upstream, which signs, fails as it is told to, and writes down each call at its arrival. */
final class ScriptedUpstream implements AutoCloseable {

    /** So many that it never limits by itself: what arrives is counted, and is not to exceed the budget anyway. */
    private static final int CALLS = 1_000_000;

    private final UpstreamSimulator simulator;
    private final Stalls stalls = new Stalls();
    private final Set<String> signed = new HashSet<>();
    private final Set<String> signedSlowly = new HashSet<>();
    private volatile Function<String, Optional<Behaviour>> trouble = message -> Optional.empty();
    private Optional<Behaviour> last = Optional.empty();
    private final List<Long> inVain = new ArrayList<>();

    ScriptedUpstream(double failingShare, Duration failingTime) {
        simulator = UpstreamSimulator.start(SimulatorSettings.in(Project.newDirectory("upstream"))
                .withCalls(CALLS)
                .withFailingShare(failingShare)
                .withFailingTime(failingTime)
                .withLatency(Duration.ofMillis(20)));
        // Both are asked for one call after the other.
        simulator.follow(message -> last = trouble.apply(message));
        simulator.tell(this::note);
    }

    /** What it does from now on instead of answering. */
    void does(Behaviour behaviour) {
        does(message -> Optional.of(behaviour));
    }

    /** What it does from now on with a message instead of answering, if anything. */
    void does(Function<String, Optional<Behaviour>> newTrouble) {
        trouble = newTrouble;
    }

    /** Answers as usual again. */
    void isWell() {
        trouble = message -> Optional.empty();
    }

    int port() {
        return simulator.port();
    }

    List<Call> calls() {
        return simulator.calls();
    }

    /**
     * The window in which most calls arrived, from one moment to another by the clock of nanoseconds.
     *
     * @param stall the longest time for which this process stood still then, and could not note arrivals
     */
    record Window(int calls, long from, long until, Duration stall) {

        @Override
        public String toString() {
            return "at most %d calls in any window; these within %.3f s, while those who count stood still for up to %d ms"
                    .formatted(calls, (until - from) / 1e9, stall.toMillis());
        }
    }

    Window fullest(Duration length) {
        List<Call> calls = Call.fullestWindow(calls(), length);
        long from = calls.getFirst().nanos();
        long until = calls.getLast().nanos();
        return new Window(calls.size(), from, until, stalls.longest(from, until));
    }

    /** When calls were made for messages that it had signed already, by the clock of nanoseconds. */
    synchronized List<Long> callsInVain() {
        return List.copyOf(inVain);
    }

    /** The messages for which it has sent a signature, whether it arrived or not. */
    synchronized Set<String> signed() {
        Set<String> all = new HashSet<>(signed);
        all.addAll(signedSlowly);
        return all;
    }

    boolean hasSigned(String message, String signature) {
        return simulator.isSignature(message, signature);
    }

    @Override
    public void close() {
        stalls.close();
        simulator.close();
    }

    private synchronized void note(Call call) {
        if (call.kind() == Call.Kind.VERIFY) {
            return;
        }
        if (call.status() == 200) {
            if (last.isEmpty()) {
                if (!signed.add(call.message())) {
                    inVain.add(call.nanos());
                }
            } else if (last.get() instanceof Behaviour.Hang || last.get() instanceof Behaviour.Dribble) {
                signedSlowly.add(call.message());
            }
        }
        last = Optional.empty();
    }
}
