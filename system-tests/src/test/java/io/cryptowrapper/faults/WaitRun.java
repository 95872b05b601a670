package io.cryptowrapper.faults;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.simulator.Behaviour;
import io.cryptowrapper.system.Processes;
import io.cryptowrapper.system.TestServers;
import io.cryptowrapper.testing.RawHttp;
import io.cryptowrapper.testing.Servers;
import io.cryptowrapper.testing.Stage;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What five thousand clients that wait at one API cost, and how soon all of them have their signatures. */
@Tag(Stage.FAULTS)
class WaitRun {

    private static final int CLIENTS = 5000;
    private static final int MESSAGES = 10;

    @Test
    void five_thousand_clients_wait_without_threads_of_their_own_and_all_get_their_signatures() throws Exception {
        Arena.Pace pace = new Arena.Pace(100_000, ofSeconds(60), ofSeconds(1));
        try (Servers servers = TestServers.start(ofSeconds(1));
                ScriptedUpstream upstream = new ScriptedUpstream(0, Duration.ZERO);
                Arena arena = Arena.start(servers, pace, upstream, 1, Map.of())) {
            int port = arena.programs().port();
            upstream.does(Behaviour.Answer.text(502, "down"));
            for (int i = 0; i < 500; i++) {
                arena.programs().ask("message-" + i % MESSAGES);
            }
            ProcessHandle api = arena.programs().api();
            long threadsBefore = Processes.threads(api);
            long memoryBefore = Processes.memory(api);
            List<Socket> clients = new ArrayList<>();
            long start = System.nanoTime();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(RawHttp.open(port, "/crypto/sign?message=message-" + i % MESSAGES, "Prefer: wait=60"));
            }
            // Answered after those before it.
            assertThat(arena.programs().ask("another").status()).isEqualTo(200);
            long opened = System.nanoTime() - start;
            long threads = Processes.threads(api);
            upstream.isWell();
            long first = 0;
            int signed = 0;
            Map<String, Integer> others = new HashMap<>();
            for (Socket client : clients) {
                String answer = answer(client);
                if (answer.contains("\"success\":true")) {
                    signed++;
                } else {
                    others.merge(answer.replaceAll("[0-9]+", "n"), 1, Integer::sum);
                }
                if (first == 0) {
                    first = System.nanoTime();
                }
            }
            System.out.printf(
                    "%d clients waited after %d ms: %d threads (%d before), %d MiB (%d before); %d have their"
                            + " signatures, the last one %d ms after the first%n",
                    CLIENTS,
                    opened / 1_000_000,
                    threads,
                    threadsBefore,
                    Processes.memory(api) / 1024,
                    memoryBefore / 1024,
                    signed,
                    (System.nanoTime() - first) / 1_000_000);
            assertThat(others).isEmpty();
            assertThat(signed).isEqualTo(CLIENTS);
            assertThat(threads).isLessThan(threadsBefore + 100);
        }
    }

    private static String answer(Socket client) throws IOException {
        client.setSoTimeout(60_000);
        try (client) {
            RawHttp.Response response = RawHttp.read(client);
            return response.status() + " " + response.header("Preference-Applied") + " " + response.body();
        }
    }
}
