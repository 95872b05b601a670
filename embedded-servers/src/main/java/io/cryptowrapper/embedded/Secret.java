package io.cryptowrapper.embedded;

import java.security.SecureRandom;
import java.util.HexFormat;

/** Passwords for what runs on this machine only, new at each start. */
public final class Secret {

    private static final SecureRandom RANDOM = new SecureRandom();

    private Secret() {}

    public static String random() {
        byte[] bytes = new byte[16];
        RANDOM.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
