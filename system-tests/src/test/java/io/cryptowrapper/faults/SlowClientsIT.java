package io.cryptowrapper.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.system.Servers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that send their requests a byte at a time do not keep others from being answered in time. */
@Timeout(120)
class SlowClientsIT {

    private static final int SLOW = 2000;
    private static final byte[] BEGINNING =
            "GET /crypto/sign?message=slow HTTP/1.1\r\nHost: localhost\r\nX: ".getBytes(StandardCharsets.US_ASCII);

    @Test
    void two_thousand_requests_that_do_not_end_delay_nobody_and_are_given_up_when_they_fall_silent() throws Exception {
        try (Servers servers = Servers.embedded(List.of(Duration.ofSeconds(1)));
                ScriptedUpstream upstream = new ScriptedUpstream(0, Duration.ZERO);
                Arena arena = Arena.start(servers, Arena.Pace.FAST, upstream, 1, Map.of())) {
            List<Socket> slow = new ArrayList<>();
            for (int i = 0; i < SLOW; i++) {
                var socket = new Socket(
                        InetAddress.getLoopbackAddress(), arena.programs().port());
                socket.getOutputStream().write(BEGINNING);
                slow.add(socket);
            }

            // For longer than the silence that is allowed.
            long until = System.nanoTime() + Duration.ofSeconds(7).toNanos();
            for (int i = 0; System.nanoTime() < until; i++) {
                slow.subList(0, SLOW / 4).forEach(SlowClientsIT::sendAByte);
                long asked = System.nanoTime();
                assertThat(arena.programs().ask("quick " + i).status()).isEqualTo(200);
                assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(2));
            }
            // Who sends nothing for five seconds is told off, or just cut off.
            await().until(() -> slow.stream().allMatch(SlowClientsIT::isEnded));
            for (Socket socket : slow) {
                socket.close();
            }
        }
    }

    private static void sendAByte(Socket socket) {
        try {
            socket.getOutputStream().write('x');
        } catch (IOException e) {
            // It was given up already.
        }
    }

    private static boolean isEnded(Socket socket) {
        try {
            socket.setSoTimeout(1);
            while (socket.getInputStream().read() >= 0) {
                // What it was told.
            }
            return true;
        } catch (java.net.SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }
}
