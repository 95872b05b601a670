package io.cryptowrapper.simulator;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** An HTTP client that sends a request line exactly as it is given, which no ordinary client does. */
final class RawHttp {

    static final String KEY = "Authorization: simulator-key";

    private RawHttp() {}

    record Response(int status, String headers, String body) {

        boolean hasHeader(String line) {
            return headers.toLowerCase(Locale.ROOT).contains("\r\n" + line.toLowerCase(Locale.ROOT));
        }
    }

    static Response get(UpstreamSimulator simulator, String target, String... headers) throws IOException {
        try (Socket socket = open(simulator, target, headers)) {
            return read(socket);
        }
    }

    static Response sign(UpstreamSimulator simulator, String message) throws IOException {
        return get(simulator, "/crypto/sign?message=" + message, KEY);
    }

    /** Sends a request and leaves its answer to {@link #read}. */
    static Socket open(UpstreamSimulator simulator, String target, String... headers) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), simulator.port());
        socket.setSoTimeout(20_000);
        StringBuilder request = new StringBuilder("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n");
        for (String header : headers) {
            request.append(header).append("\r\n");
        }
        request.append("Connection: close\r\n\r\n");
        socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.UTF_8));
        return socket;
    }

    static Response read(Socket socket) throws IOException {
        String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int end = answer.indexOf("\r\n\r\n");
        int status = Integer.parseInt(answer.substring(9, 12));
        return new Response(status, answer.substring(0, end + 2), answer.substring(end + 4));
    }
}
