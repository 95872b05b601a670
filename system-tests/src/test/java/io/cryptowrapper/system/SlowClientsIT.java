package io.cryptowrapper.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.testing.Stage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that send their requests a byte at a time do not keep others from being answered in time. */
@Tag(Stage.SYSTEM)
@Timeout(120)
class SlowClientsIT {

    private static final int SLOW = 2000;

    /** How many of a hundred answers a machine that stalls may spoil. */
    private static final int SPOILED = 2;

    private static final byte[] BEGINNING =
            "GET /crypto/sign?message=slow HTTP/1.1\r\nHost: localhost\r\nX: ".getBytes(StandardCharsets.US_ASCII);

    private final Programs api = LoneApi.get();

    @Test
    void two_thousand_requests_that_do_not_end_delay_nobody_and_are_given_up_when_they_fall_silent() throws Exception {
        List<Socket> slow = new ArrayList<>();
        for (int i = 0; i < SLOW; i++) {
            var socket = new Socket(InetAddress.getLoopbackAddress(), api.port());
            socket.getOutputStream().write(BEGINNING);
            slow.add(socket);
        }

        int late = 0;
        for (int i = 0; i < 100; i++) {
            slow.subList(0, SLOW / 4).forEach(SlowClientsIT::sendAByte);
            long asked = System.nanoTime();
            assertThat(api.ask("quick " + i).status()).isEqualTo(200);
            late += Duration.ofNanos(System.nanoTime() - asked).compareTo(Duration.ofSeconds(2)) > 0 ? 1 : 0;
        }
        assertThat(late).isLessThanOrEqualTo(SPOILED);
        // A client that sends nothing for five seconds gets 408, or its connection just ends.
        await().until(() -> slow.stream().allMatch(SlowClientsIT::isEnded));
        for (Socket socket : slow) {
            socket.close();
        }
    }

    @Test
    void a_virtual_thread_that_cannot_leave_its_carrier_stops_no_others() throws Exception {
        assertThat(Processes.virtualThreads(api.api())).contains("parallelism = 64");
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
