package io.cryptowrapper.system;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/** Requests that a client may send by mistake, or on purpose. */
final class RandomRequests {

    private static final List<String> METHODS = List.of(
            "GET", "GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "G\0T",
            "");
    private static final List<String> PATHS = List.of(
            "/crypto/sign",
            "/crypto/sign",
            "/crypto/sign",
            "/crypto/sign",
            "/crypto/verify",
            "/crypto/verify",
            "/crypto/sign/",
            "/crypto//sign",
            "/crypto/sign;a=b",
            "/crypto/%73ign",
            "/crypto/../crypto/sign",
            "/crypto/sign/../../etc/passwd",
            "/%2e%2e/%2e%2e/",
            "/",
            "*",
            "http://elsewhere/crypto/sign",
            "//elsewhere/crypto/sign",
            "/actuator/health",
            "/error",
            "/crypto/sign\\x",
            "/\u00e9");
    private static final List<String> VERSIONS = List.of(
            "HTTP/1.1",
            "HTTP/1.1",
            "HTTP/1.1",
            "HTTP/1.1",
            "HTTP/1.0",
            "HTTP/2.0",
            "HTTP/0.9",
            "HTTP/9.9",
            "HTTP/1.1 x",
            "",
            "http/1.1");
    private static final List<String> HEADERS = List.of(
            "Content-Length: 0",
            "Content-Length: 5",
            "Content-Length: -1",
            "Content-Length: 99999999999999999999",
            "Content-Length: 5\r\nContent-Length: 6",
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked",
            "Transfer-Encoding: chunked, identity",
            "Transfer-Encoding: gzip",
            "Transfer-Encoding : chunked",
            "Transfer-Encoding: xchunked",
            "Expect: 100-continue",
            "Expect: nothing",
            "Accept: text/html",
            "Accept: \u0001",
            "Accept: a/b;q=x",
            "Accept-Encoding: gzip, br",
            "Accept-Language: \u00e9",
            "Range: bytes=0-0",
            "If-None-Match: *",
            "If-None-Match: \"a\", W/\"b\"",
            "If-None-Match: \"a",
            "Prefer: wait=1",
            "Prefer: wait=0, respond-async",
            "Prefer: wait=a",
            "Prefer: ;;,=\"\\",
            "Last-Event-ID: s-0123456789ab-01234567",
            "Last-Event-ID: \u00e9",
            "Authorization: Bearer x",
            "If-Modified-Since: yesterday",
            "Connection: upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA",
            "Connection: upgrade\r\nUpgrade: websocket",
            "Cookie: " + "a=b; ".repeat(50),
            "X-Forwarded-For: 1.2.3.4",
            "X-HTTP-Method-Override: DELETE",
            "Content-Type: application/json",
            "Content-Type: multipart/form-data",
            "Origin: null",
            "no colon",
            ": no name",
            " folded",
            "A\0B: c",
            "Host: other",
            "Host: a b",
            "X: " + "y".repeat(9000));
    private static final List<String> BATCHES = List.of(
            "{\"messages\":[\"a\",\"b\"]}",
            "{\"messages\":[\"a\",\"\u00e9\\ud83d\\ude00\"]}",
            "{\"messages\":[\"\\ud83d\"]}",
            "{\"messages\":[\"\"]}",
            "{\"messages\":[]}",
            "{\"messages\":[1,null,{},[]]}",
            "{\"messages\":[\"a\"],\"messages\":[\"b\"]}",
            "{\"messages\":[\"a\"]}}",
            "{\"messages\":[\"a\"",
            "{\"messages\":[\"" + "x".repeat(10_000) + "\"]}",
            "{\"messages\":[" + "\"a\",".repeat(1001) + "\"a\"]}",
            "[".repeat(10_000),
            "{\"a\":".repeat(1000),
            "null",
            "");
    private static final int MOST_HEADERS = 4;

    private final Random random;
    private int oddities;

    RandomRequests(Random random) {
        this.random = random;
    }

    /** The next one, complete or not. */
    byte[] next() {
        if (random.nextInt(20) == 0) {
            byte[] noise = new byte[random.nextInt(2000)];
            random.nextBytes(noise);
            return noise;
        }
        // Half of them are odd in no more than two ways, so that they get further.
        oddities = random.nextBoolean() ? random.nextInt(3) : Integer.MAX_VALUE;
        var request = new ByteArrayOutputStream();
        add(
                request,
                one(METHODS) + (isOdd() && random.nextInt(50) == 0 ? "  " : " ") + one(PATHS) + query() + " "
                        + one(VERSIONS));
        add(request, end());
        if (!isOdd() || random.nextInt(20) > 0) {
            add(request, "Host: localhost" + end());
        }
        for (int i = isOdd() ? random.nextInt(MOST_HEADERS) : 0; i > 0; i--) {
            add(request, one(HEADERS) + end());
        }
        add(request, "Connection: close" + end() + end());
        if (isOdd() && random.nextInt(5) == 0) {
            add(request, body());
        }
        if (random.nextInt(10) == 0) {
            return batch();
        }
        byte[] all = request.toByteArray();
        return isOdd() && random.nextInt(30) == 0 ? java.util.Arrays.copyOf(all, random.nextInt(all.length)) : all;
    }

    /** Many messages, most of them not quite as they should be. */
    private byte[] batch() {
        String json = one(BATCHES);
        int length = json.getBytes(StandardCharsets.UTF_8).length + (isOdd() ? random.nextInt(3) - 1 : 0);
        var request = new ByteArrayOutputStream();
        add(
                request,
                "POST /crypto/sign HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                        + (isOdd() ? one(HEADERS) + "\r\n" : "")
                        + "Content-Type: application/json\r\nContent-Length: " + length + "\r\n\r\n");
        request.writeBytes(json.getBytes(StandardCharsets.UTF_8));
        return request.toByteArray();
    }

    private String query() {
        return switch (isOdd() ? random.nextInt(18) : 18) {
            case 0 -> "";
            case 1 -> "?";
            case 2 -> "?message";
            case 3 -> "?message=";
            case 4 -> "?message=a&message=b";
            case 5 -> "?message=" + "x".repeat(random.nextInt(30_000));
            case 6 -> "?message=%" + Integer.toHexString(random.nextInt(256));
            case 7 -> "?message=" + bytes(random.nextInt(40));
            case 8 -> "?" + bytes(random.nextInt(40));
            case 9 -> "?message=" + "x".repeat(random.nextInt(120_000));
            case 10 -> "?message=m" + random.nextInt(3000) + "&signature=" + bytes(random.nextInt(40));
            case 11 -> "?message=m&signature=" + "x".repeat(random.nextInt(20_000));
            case 12 -> "?message=m&callback_url=" + bytes(random.nextInt(40));
            case 13 ->
                "?message=m&callback_url=https://127.0.0.1:" + random.nextInt(100_000) + "/%" + random.nextInt(100);
            case 14 -> "?message=m" + "&callback_url=https://192.0.2.1/".repeat(random.nextInt(8));
            default -> "?message=m" + random.nextInt(3000);
        };
    }

    private String body() {
        return switch (random.nextInt(4)) {
            case 0 -> "hello";
            case 1 -> "5\r\nhello\r\n0\r\n\r\n";
            case 2 -> "fffffffffffffffff\r\n";
            default -> bytes(random.nextInt(3000));
        };
    }

    /** Any bytes, but for those that would end the line more often than not. */
    private String bytes(int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            char c = (char) random.nextInt(256);
            text.append(c == '\n' || c == ' ' ? 'n' : c);
        }
        return text.toString();
    }

    private String end() {
        return isOdd() && random.nextInt(40) == 0 ? "\n" : "\r\n";
    }

    /** The first one is the ordinary one. */
    private String one(List<String> of) {
        return isOdd() ? of.get(random.nextInt(of.size())) : of.getFirst();
    }

    private boolean isOdd() {
        if (oddities == Integer.MAX_VALUE) {
            return true;
        }
        boolean odd = oddities > 0 && random.nextInt(4) == 0;
        oddities -= odd ? 1 : 0;
        return odd;
    }

    private static void add(ByteArrayOutputStream request, String text) {
        request.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
