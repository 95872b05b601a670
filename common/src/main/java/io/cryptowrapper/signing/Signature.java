package io.cryptowrapper.signing;

/** What the upstream made of a message, exactly as it sent it. */
public record Signature(String value) {

    /** What is longer, in UTF-8 bytes, is none. */
    public static final int MOST_BYTES = 16 * 1024;

    public Signature {
        if (value.isBlank()) {
            throw new IllegalArgumentException("a signature is never blank");
        }
    }
}
