package io.cryptowrapper.simulator;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The query of a URL, read as {@code application/x-www-form-urlencoded} in UTF-8 and nothing else: an upstream that
 * decoded more leniently would sign something other than what was sent.
 */
record Query(String raw) {

    static Query of(String url) {
        int start = url.indexOf('?');
        return new Query(start < 0 ? "" : url.substring(start + 1));
    }

    /** The first parameter called {@code name}; none if its value has a broken escape or is not UTF-8. */
    Optional<String> first(String name) {
        for (String pair : raw.split("&", -1)) {
            int equals = pair.indexOf('=');
            String pairName = equals < 0 ? pair : pair.substring(0, equals);
            if (decoded(pairName).filter(name::equals).isPresent()) {
                return decoded(equals < 0 ? "" : pair.substring(equals + 1));
            }
        }
        return Optional.empty();
    }

    private static Optional<String> decoded(String encoded) {
        byte[] bytes = encoded.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream plain = new ByteArrayOutputStream(bytes.length);
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '%') {
                if (i + 2 >= bytes.length
                        || !HexFormat.isHexDigit(bytes[i + 1])
                        || !HexFormat.isHexDigit(bytes[i + 2])) {
                    return Optional.empty();
                }
                plain.write(HexFormat.fromHexDigit(bytes[i + 1]) << 4 | HexFormat.fromHexDigit(bytes[i + 2]));
                i += 2;
            } else {
                plain.write(bytes[i] == '+' ? ' ' : bytes[i]);
            }
        }
        try {
            // A new decoder reports malformed input, where a String's constructor would replace it.
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(plain.toByteArray()))
                    .toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }
}
