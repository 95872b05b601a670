package io.cryptowrapper.signing;

import java.nio.charset.StandardCharsets;

/**
 * A text that a client wants signed: never empty, and taken exactly as it was sent.
 *
 * <p>It may be private, so it prints as its {@link MessageId}.
 */
public record Message(String text) {

    public Message {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("a message is never empty");
        }
    }

    /** The name under which everything about this message is kept. */
    public MessageId id() {
        return MessageId.of(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
        return id().toString();
    }
}
