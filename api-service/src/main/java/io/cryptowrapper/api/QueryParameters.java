package io.cryptowrapper.api;

import io.cryptowrapper.signing.Message;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/**
 * The parameters of a raw query, read strictly: what cannot be read exactly is refused and not guessed. Those that
 * nobody asks for are left alone.
 *
 * <p>The query is a form's, as the upstream takes it: {@code &} separates, {@code +} is a space, and bytes are UTF-8.
 * The servlet API is not asked, because it drops what it cannot decode.
 */
final class QueryParameters {

    /** As they were sent, by their decoded names. */
    private final Map<String, List<String>> encoded = new HashMap<>();

    private QueryParameters() {}

    /** @throws MalformedRequestException if the name of a parameter cannot be read */
    static QueryParameters of(@Nullable String rawQuery) {
        var parameters = new QueryParameters();
        for (String pair : (rawQuery == null ? "" : rawQuery).split("&", -1)) {
            int equals = pair.indexOf('=');
            String name = decode(equals < 0 ? pair : pair.substring(0, equals), "query");
            parameters
                    .encoded
                    .computeIfAbsent(name, key -> new ArrayList<>())
                    .add(equals < 0 ? "" : pair.substring(equals + 1));
        }
        return parameters;
    }

    /**
     * The message, which must be there once.
     *
     * @param maxBytes its largest size in UTF-8
     * @throws MalformedRequestException if it is not so, or cannot be read
     */
    Message message(long maxBytes) {
        return new Message(one("message", maxBytes));
    }

    /**
     * The value of a parameter that must be there, once and not empty.
     *
     * @param maxBytes its largest size in UTF-8
     * @throws MalformedRequestException if it is not so, or cannot be read
     */
    String one(String name, long maxBytes) {
        List<String> values = encoded.getOrDefault(name, List.of());
        if (values.isEmpty()) {
            throw MalformedRequestException.bad("The query parameter '" + name + "' is missing.");
        }
        if (values.size() > 1) {
            throw MalformedRequestException.bad(
                    "The query parameter '" + name + "' is given " + values.size() + " times; give it once.");
        }
        String text = decode(values.getFirst(), "query parameter '" + name + "'");
        if (text.isEmpty()) {
            throw MalformedRequestException.bad("The query parameter '" + name + "' is empty.");
        }
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > maxBytes) {
            throw new MalformedRequestException(
                    HttpStatus.CONTENT_TOO_LARGE,
                    "The " + name + " has " + bytes + " bytes in UTF-8; at most " + maxBytes + " are taken.");
        }
        return text;
    }

    /**
     * The values of a parameter that may be there any number of times.
     *
     * @throws MalformedRequestException if one of them cannot be read
     */
    List<String> all(String name) {
        return encoded.getOrDefault(name, List.of()).stream()
                .map(value -> decode(value, "query parameter '" + name + "'"))
                .toList();
    }

    private static String decode(String encoded, String what) {
        var bytes = new ByteArrayOutputStream(encoded.length());
        for (int i = 0; i < encoded.length(); i++) {
            char c = encoded.charAt(i);
            if (c == '%') {
                int high = digit(encoded, i + 1);
                int low = digit(encoded, i + 2);
                if (high < 0 || low < 0) {
                    throw MalformedRequestException.bad(
                            "The " + what + " has a '%' that two hexadecimal digits do not follow.");
                }
                bytes.write(high << 4 | low);
                i += 2;
            } else {
                // Tomcat hands the query over byte by byte.
                bytes.write(c == '+' ? ' ' : c);
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw MalformedRequestException.bad("The " + what + " is not UTF-8 when its percent-encoding is undone.");
        }
    }

    private static int digit(String text, int at) {
        return at < text.length() && text.charAt(at) < 128 ? Character.digit(text.charAt(at), 16) : -1;
    }
}
