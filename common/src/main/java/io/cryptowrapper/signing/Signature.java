package io.cryptowrapper.signing;

/** What the upstream made of a message, exactly as it sent it. */
public record Signature(String value) {

    public Signature {
        if (value.isBlank()) {
            throw new IllegalArgumentException("a signature is never blank");
        }
    }
}
