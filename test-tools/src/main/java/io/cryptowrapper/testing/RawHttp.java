package io.cryptowrapper.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/** An HTTP client that sends a request line exactly as it is given, which no ordinary client does. */
public final class RawHttp {

    private static final int PATIENCE = 20_000;

    private RawHttp() {}

    /** A response, with its header lines as they came. */
    public record Response(int status, String headers, String body) {

        /** Whether there is a header line that starts so, whatever the case. */
        public boolean hasHeader(String start) {
            return headers.lines()
                    .anyMatch(line -> line.toLowerCase(Locale.ROOT).startsWith(start.toLowerCase(Locale.ROOT)));
        }

        /** The value of the first header of that name. */
        public Optional<String> header(String name) {
            String start = name.toLowerCase(Locale.ROOT) + ":";
            return headers.lines()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(start))
                    .map(line -> line.substring(start.length()).strip())
                    .findFirst();
        }
    }

    /** Gets {@code target}, path and query, from what listens on {@code port} of the loopback interface. */
    public static Response get(int port, String target, String... headerLines) throws IOException {
        try (Socket socket = open(port, target, headerLines)) {
            return read(socket);
        }
    }

    /** Sends a request and leaves its answer to {@link #read}. */
    public static Socket open(int port, String target, String... headerLines) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(PATIENCE);
        StringBuilder request = new StringBuilder("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n");
        for (String header : headerLines) {
            request.append(header).append("\r\n");
        }
        request.append("Connection: close\r\n\r\n");
        socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.UTF_8));
        return socket;
    }

    /** Reads until the other side closes; a chunked body is put together. */
    public static Response read(Socket socket) throws IOException {
        String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int end = answer.indexOf("\r\n\r\n");
        if (end < 0) {
            throw new IOException("no HTTP response: " + answer);
        }
        Response response = new Response(
                Integer.parseInt(answer.substring(9, 12)), answer.substring(0, end), answer.substring(end + 4));
        return response.header("Transfer-Encoding").isPresent()
                ? new Response(response.status(), response.headers(), unchunked(response.body()))
                : response;
    }

    private static String unchunked(String chunks) {
        byte[] bytes = chunks.getBytes(StandardCharsets.UTF_8);
        StringBuilder body = new StringBuilder();
        int at = 0;
        while (true) {
            int lineEnd = at;
            while (bytes[lineEnd] != '\r') {
                lineEnd++;
            }
            int length = Integer.parseInt(new String(bytes, at, lineEnd - at, StandardCharsets.US_ASCII), 16);
            if (length == 0) {
                return body.toString();
            }
            // Chunks may end inside a character only if the server flushes there, which none here does.
            body.append(new String(bytes, lineEnd + 2, length, StandardCharsets.UTF_8));
            at = lineEnd + 2 + length + 2;
        }
    }
}
