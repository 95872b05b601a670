package io.cryptowrapper.signing;

import java.util.HexFormat;
import java.util.regex.Pattern;

/** The SHA-256 of a message's UTF-8 bytes in lower-case hex: what keys and log lines name a message by. */
public record MessageId(String hex) {

    private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

    public MessageId {
        if (!HEX.matcher(hex).matches()) {
            throw new IllegalArgumentException("not a message's id");
        }
    }

    static MessageId of(byte[] utf8) {
        return new MessageId(HexFormat.of().formatHex(Sha256.of(utf8)));
    }

    /** Enough of the id to find a message in a log. */
    @Override
    public String toString() {
        return hex.substring(0, 12);
    }
}
