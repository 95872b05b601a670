package io.cryptowrapper.api;

import io.cryptowrapper.signing.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Tells texts apart by a few bytes of their SHA-256. */
final class Fingerprint {

    private Fingerprint() {}

    static byte[] of(String text, int bytes) {
        return Arrays.copyOf(Sha256.of(text.getBytes(StandardCharsets.UTF_8)), bytes);
    }
}
