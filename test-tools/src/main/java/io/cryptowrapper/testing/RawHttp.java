package io.cryptowrapper.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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

    /** Asks the API that listens on {@code port} of the loopback interface for a message's signature. */
    public static Response sign(int port, String message) throws IOException {
        return get(port, "/crypto/sign?message=" + URLEncoder.encode(message, StandardCharsets.UTF_8));
    }

    /** Posts JSON to {@code target}. */
    public static Response post(int port, String target, String json, String... headerLines) throws IOException {
        try (Socket socket = openPost(port, target, json, headerLines)) {
            return read(socket);
        }
    }

    /** Posts JSON and leaves the answer to {@link #read}. */
    public static Socket openPost(int port, String target, String json, String... headerLines) throws IOException {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        List<String> headers = new ArrayList<>(List.of(headerLines));
        headers.add("Content-Type: application/json");
        headers.add("Content-Length: " + body.length);
        Socket socket = send("POST", port, target, headers.toArray(String[]::new));
        try {
            socket.getOutputStream().write(body);
        } catch (SocketException e) {
            // One that takes no more has answered already.
        }
        return socket;
    }

    /** Sends a request and leaves its answer to {@link #read}. */
    public static Socket open(int port, String target, String... headerLines) throws IOException {
        return send("GET", port, target, headerLines);
    }

    /** Sends a request, without a body, and leaves its answer to {@link #read}. */
    public static Socket send(String method, int port, String target, String... headerLines) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(PATIENCE);
        StringBuilder request = new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n");
        for (String header : headerLines) {
            request.append(header).append("\r\n");
        }
        request.append("Connection: close\r\n\r\n");
        try {
            socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.UTF_8));
        } catch (SocketException e) {
            // One that takes no more has answered already.
        }
        return socket;
    }

    /** Reads until the other side closes; a chunked body is put together. */
    public static Response read(Socket socket) throws IOException {
        byte[] answer = socket.getInputStream().readAllBytes();
        int end = lineEnd(answer, 0);
        while (end + 2 < answer.length && answer[end + 2] != '\r') {
            end = lineEnd(answer, end + 2);
        }
        if (end == 0) {
            throw new IOException("no HTTP response, but " + answer.length + " bytes");
        }
        String headers = new String(answer, 0, end, StandardCharsets.ISO_8859_1);
        byte[] body = Arrays.copyOfRange(answer, Math.min(end + 4, answer.length), answer.length);
        Response response = new Response(Integer.parseInt(headers.substring(9, 12)), headers, text(body));
        return response.header("Transfer-Encoding").isPresent()
                ? new Response(response.status(), headers, text(unchunked(body)))
                : response;
    }

    private static byte[] unchunked(byte[] chunks) {
        var body = new ByteArrayOutputStream();
        int at = 0;
        while (true) {
            int end = lineEnd(chunks, at);
            int length = Integer.parseInt(text(Arrays.copyOfRange(chunks, at, end)), 16);
            if (length == 0) {
                return body.toByteArray();
            }
            body.write(chunks, end + 2, length);
            at = end + 2 + length + 2;
        }
    }

    /** Where the line ends that begins at {@code from}; at {@code from} itself if it does not end. */
    private static int lineEnd(byte[] bytes, int from) {
        for (int i = from; i + 1 < bytes.length; i++) {
            if (bytes[i] == '\r' && bytes[i + 1] == '\n') {
                return i;
            }
        }
        return from;
    }

    private static String text(byte[] utf8) {
        return new String(utf8, StandardCharsets.UTF_8);
    }
}
