package io.cryptowrapper.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.simulator.Call;
import io.cryptowrapper.testing.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Messages are sent all the time while faults, drawn from a seed, come and go, up to three at once: in the end each
 * accepted one is signed and posted to where its client wants it, and no window has seen more calls than the budget
 * allows.
 *
 * <p>{@code -Dfaults.seed} and {@code -Dfaults.duration} make it another, longer one.
 */
@Tag(Stage.FAULTS)
class MixedFaultsIT {

    private static final long SEED = Long.getLong("faults.seed", 1);
    private static final Duration DURATION = Duration.parse(System.getProperty("faults.duration", "PT20S"));
    private static final double MESSAGES_PER_SECOND = 8;
    private static final int MOST_AT_ONCE = 3;
    private static final Duration LAST_SIGNATURE = Duration.ofMinutes(10);

    /** Who died between an end and its callbacks, others make them after a minute or two. */
    private static final Duration LAST_CALL = Duration.ofMinutes(4);

    /** What a fault has caused may show so long after it. */
    private static final Duration AFTERMATH = Duration.ofSeconds(10);

    private final Random random = new Random(SEED);
    private final List<Made> under = new ArrayList<>();
    private final List<Made> over = new ArrayList<>();

    /** A fault that is or was there, from one moment to another by the clock of nanoseconds, and who waited then. */
    private record Made(Fault fault, List<String> atRisk, long from, long until) {

        boolean was(long begin, long end) {
            return begin <= until + AFTERMATH.toNanos() && end >= from;
        }
    }

    @Test
    void whatever_breaks_every_accepted_message_is_signed_and_the_budget_is_kept() throws Exception {
        Ledger ledger = new Ledger();
        try (FragileServers servers = FragileServers.start();
                ScriptedUpstream upstream = new ScriptedUpstream(0.5, Duration.ofSeconds(20));
                Callbacks callbacks = Callbacks.start();
                Arena arena = Arena.start(servers.servers(), Arena.Pace.FAST, upstream, 2, Callbacks.SETTINGS);
                Clients clients = new Clients(arena.programs(), ledger, callbacks, "seed " + SEED + " message ")) {
            clients.send(MESSAGES_PER_SECOND);
            makeFaults(new Faults(arena, servers, random), callbacks, () -> atRisk(ledger, upstream));
            clients.stop();
            awaitSigned(ledger, clients, upstream);
            awaitCalled(callbacks, clients);

            report(ledger, clients, callbacks, arena);
            assertThat(clients.wrong()).isEmpty();
            assertThat(callbacks.wrong()).isEmpty();
            assertThat(callbacks.missing()).isEmpty();
            assertThat(ledger.rejected()).isEmpty();
            assertThat(ledger.waiting()).isEmpty();
            for (Map.Entry<String, String> signed : ledger.signed().entrySet()) {
                assertThat(upstream.hasSigned(signed.getKey(), signed.getValue()))
                        .as(signed.getKey())
                        .isTrue();
                // Nothing where its client was refused, or the callback excused.
                assertThat(callbacks.posted(signed.getKey()))
                        .as("what was posted for " + signed.getKey())
                        .hasSizeLessThanOrEqualTo(1)
                        .allMatch(body -> upstream.hasSigned(signed.getKey(), Clients.signatureIn(body)));
            }
            assertThat(upstream.fullest(arena.pace().window()).calls())
                    .isLessThanOrEqualTo(arena.pace().calls());
        }
    }

    private void makeFaults(Faults faults, Callbacks callbacks, Supplier<List<String>> atRisk) throws Exception {
        List<Fault> all = new ArrayList<>(faults.all());
        all.addAll(excusing(callbacks, List.of(faults.flush())));
        all.addAll(excusing(callbacks, faults.clocks()));
        long end = System.nanoTime() + DURATION.toNanos();
        Arena.pass(Duration.ofSeconds(3));
        while (System.nanoTime() < end) {
            if (under.size() < MOST_AT_ONCE && random.nextInt(3) > 0) {
                Fault fault = all.get(random.nextInt(all.size()));
                if (under.stream().noneMatch(other -> other.fault().excludes(fault))) {
                    begin(fault, atRisk.get());
                }
            } else if (!under.isEmpty()) {
                end(under.remove(random.nextInt(under.size())));
            }
            Arena.pass(Duration.ofMillis(500 + random.nextInt(3000)));
        }
        while (!under.isEmpty()) {
            end(under.removeFirst());
        }
    }

    /** Those after which some callbacks need not come. */
    private static List<Fault> excusing(Callbacks callbacks, List<Fault> faults) {
        return faults.stream()
                .map(fault -> new Fault(fault.name(), fault.harms(), fault.begin(), () -> {
                    fault.end().run();
                    callbacks.excuse();
                }))
                .toList();
    }

    private void begin(Fault fault, List<String> atRisk) throws Exception {
        System.out.printf("%tT %s (%d wait)%n", System.currentTimeMillis(), fault.name(), atRisk.size());
        under.add(new Made(fault, atRisk, System.nanoTime(), Long.MAX_VALUE));
        fault.begin().run();
    }

    /** Accepted and not signed. */
    private static List<String> atRisk(Ledger ledger, ScriptedUpstream upstream) {
        Set<String> signed = upstream.signed();
        return ledger.waiting().stream()
                .filter(message -> !signed.contains(message))
                .toList();
    }

    private void end(Made made) throws Exception {
        made.fault().end().run();
        System.out.printf(
                "%tT %s is over%n", System.currentTimeMillis(), made.fault().name());
        over.add(new Made(made.fault(), made.atRisk(), made.from(), System.nanoTime()));
    }

    private static void awaitSigned(Ledger ledger, Clients clients, ScriptedUpstream upstream) {
        await("calls that sign each message, though nobody asks")
                .atMost(LAST_SIGNATURE)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> upstream.signed().containsAll(ledger.waiting()));
        await("a signature for each message")
                .atMost(LAST_SIGNATURE)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> {
                    return ledger.waiting().stream().allMatch(clients::ask)
                            && ledger.waiting().isEmpty();
                });
    }

    private static void awaitCalled(Callbacks callbacks, Clients clients) {
        // Where Redis was lost before it knew of a first call's end, nobody is called until somebody asks again.
        callbacks.missing().forEach(clients::ask);
        try {
            await("a call for each end")
                    .atMost(LAST_CALL)
                    .until(() -> callbacks.missing().isEmpty());
        } catch (ConditionTimeoutException e) {
            // The report tells which are missing.
        }
    }

    private void report(Ledger ledger, Clients clients, Callbacks callbacks, Arena arena) throws IOException {
        ScriptedUpstream upstream = arena.upstream();
        List<Call> calls = upstream.calls();
        List<String> lost = ledger.waiting();
        StringBuilder report = new StringBuilder("| fault | times | messages at risk | lost | calls in vain until 10 s"
                + " after | longest pause of calls, s |\n|---|---|---|---|---|---|\n");
        over.stream()
                .collect(Collectors.groupingBy(one -> one.fault().name(), TreeMap::new, Collectors.toList()))
                .forEach((name, all) -> report.append("| %s | %d | %d | %d | %d | %.1f |%n"
                        .formatted(
                                name,
                                all.size(),
                                all.stream()
                                        .mapToInt(one -> one.atRisk().size())
                                        .sum(),
                                all.stream()
                                        .flatMap(one -> one.atRisk().stream())
                                        .filter(lost::contains)
                                        .distinct()
                                        .count(),
                                upstream.callsInVain().stream()
                                        .filter(at -> all.stream().anyMatch(one -> one.was(at, at)))
                                        .count(),
                                all.stream()
                                                .mapToLong(one -> longestPause(calls, one))
                                                .max()
                                                .orElse(0)
                                        / 1e9)));
        report.append(
                "%nSeed %d, %s: %d messages accepted, %d signed, %d rejected, %d lost; %d calls, %d of them for what was signed already, of which %d came when all was well again. %s. %s%n"
                        .formatted(
                                SEED,
                                DURATION,
                                ledger.size(),
                                ledger.signed().size(),
                                ledger.rejected().size(),
                                lost.size(),
                                calls.size(),
                                upstream.callsInVain().size(),
                                upstream.callsInVain().stream()
                                        .filter(at -> over.stream().allMatch(one -> at > one.until()))
                                        .count(),
                                clients.summary(),
                                callbacks.summary()));
        report.append(fullestWindow(upstream.fullest(arena.pace().window()), arena.pace()));
        System.out.print(report);
        Path file = Files.createDirectories(Path.of("target", "faults")).resolve("seed-" + SEED + ".md");
        Files.writeString(file, report);
    }

    /** What was broken in it. */
    private String fullestWindow(ScriptedUpstream.Window fullest, Arena.Pace pace) {
        return "%s (%d in %s allowed). It began %d s before the end, with: %s%n"
                .formatted(
                        fullest,
                        pace.calls(),
                        pace.window(),
                        (System.nanoTime() - fullest.from()) / 1_000_000_000L,
                        over.stream()
                                .filter(one -> one.was(fullest.from(), fullest.until()))
                                .map(one -> one.fault().name())
                                .toList());
    }

    /** The longest time without a call, of which some was while a fault was there. */
    private static long longestPause(List<Call> calls, Made made) {
        long longest = 0;
        for (int i = 1; i < calls.size(); i++) {
            long began = calls.get(i - 1).nanos();
            long ended = calls.get(i).nanos();
            if (ended >= made.from() && began <= made.until()) {
                longest = Math.max(longest, ended - began);
            }
        }
        return longest;
    }
}
