package io.cryptowrapper.api;

import io.cryptowrapper.signing.Message;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/**
 * Reads the message out of a raw query, strictly: what cannot be read exactly is refused and not guessed.
 *
 * <p>The query is a form's, as the upstream takes it: {@code &} separates, {@code +} is a space, and bytes are UTF-8.
 * The servlet API is not asked, because it drops what it cannot decode.
 */
final class MessageParameter {

    private static final String NAME = "message";

    private final long maxBytes;

    /** @param maxBytes the largest message, in UTF-8 bytes */
    MessageParameter(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** @throws MalformedRequestException if there is not exactly one message that can be read */
    Message read(@Nullable String rawQuery) {
        List<String> values = new ArrayList<>();
        for (String pair : (rawQuery == null ? "" : rawQuery).split("&", -1)) {
            int equals = pair.indexOf('=');
            String name = decode(equals < 0 ? pair : pair.substring(0, equals));
            if (name.equals(NAME)) {
                values.add(equals < 0 ? "" : pair.substring(equals + 1));
            }
        }
        if (values.isEmpty()) {
            throw bad("The query parameter 'message' is missing.");
        }
        if (values.size() > 1) {
            throw bad("The query parameter 'message' is given " + values.size() + " times; give it once.");
        }
        String text = decode(values.getFirst());
        if (text.isEmpty()) {
            throw bad("The query parameter 'message' is empty.");
        }
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > maxBytes) {
            throw new MalformedRequestException(
                    HttpStatus.CONTENT_TOO_LARGE,
                    "The message has " + bytes + " bytes in UTF-8; at most " + maxBytes + " are taken.");
        }
        return new Message(text);
    }

    private static String decode(String encoded) {
        var bytes = new ByteArrayOutputStream(encoded.length());
        for (int i = 0; i < encoded.length(); i++) {
            char c = encoded.charAt(i);
            if (c == '%') {
                int high = digit(encoded, i + 1);
                int low = digit(encoded, i + 2);
                if (high < 0 || low < 0) {
                    throw bad("The query has a '%' that two hexadecimal digits do not follow.");
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
            throw bad("The query is not UTF-8 when its percent-encoding is undone.");
        }
    }

    private static int digit(String text, int at) {
        return at < text.length() && text.charAt(at) < 128 ? Character.digit(text.charAt(at), 16) : -1;
    }

    private static MalformedRequestException bad(String detail) {
        return new MalformedRequestException(HttpStatus.BAD_REQUEST, detail);
    }
}
