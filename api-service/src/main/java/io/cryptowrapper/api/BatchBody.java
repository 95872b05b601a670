package io.cryptowrapper.api;

import io.cryptowrapper.signing.Message;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.springframework.http.HttpStatus;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * The body of a request with many messages, read strictly and piece by piece: an object with the one field
 * {@code messages}, an array of texts. Whatever else is in it is refused as soon as it is seen, so that nothing nests.
 */
final class BatchBody {

    static final int MOST_MESSAGES = 1000;

    private static final String FIELD = "messages";
    private static final JsonFactory JSON = JsonFactory.builder().build();

    private final JsonParser parser;
    private final long longestMessage;
    private final List<Message> messages = new ArrayList<>();

    private BatchBody(JsonParser parser, long longestMessage) {
        this.parser = parser;
        this.longestMessage = longestMessage;
    }

    /**
     * Reads the messages.
     *
     * @param longestMessage the largest size of one in UTF-8
     * @throws MalformedRequestException if it is not so
     */
    static List<Message> read(InputStream body, long longestMessage) {
        // As text, or Jackson would take it for UTF-16 where it looks so.
        var utf8 = new InputStreamReader(body, StandardCharsets.UTF_8.newDecoder());
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), utf8)) {
            var batch = new BatchBody(parser, longestMessage);
            batch.read();
            return batch.messages;
        }
    }

    private void read() {
        if (next() != JsonToken.START_OBJECT) {
            throw MalformedRequestException.bad("The body is not a JSON object.");
        }
        boolean seen = false;
        while (next() == JsonToken.PROPERTY_NAME) {
            if (!parser.currentName().equals(FIELD)) {
                throw MalformedRequestException.bad("The body has another field than '" + FIELD + "'.");
            }
            if (seen) {
                throw MalformedRequestException.bad("The field '" + FIELD + "' is given more than once.");
            }
            seen = true;
            readMessages();
        }
        if (!seen) {
            throw MalformedRequestException.bad("The field '" + FIELD + "' is missing.");
        }
        if (next() != null) {
            throw MalformedRequestException.bad("Something follows the JSON object in the body.");
        }
    }

    private void readMessages() {
        if (next() != JsonToken.START_ARRAY) {
            throw MalformedRequestException.bad("The field '" + FIELD + "' is not an array.");
        }
        for (JsonToken token = next(); token != JsonToken.END_ARRAY; token = next()) {
            if (messages.size() == MOST_MESSAGES) {
                throw MalformedRequestException.bad(
                        "The field '" + FIELD + "' has more than " + MOST_MESSAGES + " messages.");
            }
            if (token != JsonToken.VALUE_STRING) {
                throw bad("is not a string");
            }
            messages.add(message());
        }
        if (messages.isEmpty()) {
            throw MalformedRequestException.bad("The field '" + FIELD + "' is empty; at least one message is needed.");
        }
    }

    private Message message() {
        String text = text();
        if (text.isEmpty()) {
            throw bad("is empty");
        }
        long bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                bytes += 4;
                i++;
            } else if (Character.isSurrogate(c)) {
                throw bad("has half of a surrogate pair, which is no character");
            } else {
                bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
            }
        }
        if (bytes > longestMessage) {
            throw new MalformedRequestException(
                    HttpStatus.CONTENT_TOO_LARGE,
                    element() + " has " + bytes + " bytes in UTF-8; at most " + longestMessage + " are taken.");
        }
        return new Message(text);
    }

    private JsonToken next() {
        try {
            return parser.nextToken();
        } catch (JacksonException e) {
            throw unreadable(e);
        }
    }

    private String text() {
        try {
            return parser.getString();
        } catch (JacksonException e) {
            throw unreadable(e);
        }
    }

    private MalformedRequestException unreadable(JacksonException e) {
        // Which is seen before it is the turn of the message that it is in.
        if (e.getCause() instanceof java.nio.charset.CharacterCodingException) {
            return MalformedRequestException.bad("The body is not UTF-8.");
        }
        return MalformedRequestException.bad("The body is not JSON" + where() + ".");
    }

    private String where() {
        return parser.streamReadContext().inArray() ? ", at " + element() : "";
    }

    private MalformedRequestException bad(String fault) {
        return MalformedRequestException.bad(element() + " " + fault + ".");
    }

    /** The message that is being read, as JavaScript would name it. */
    private String element() {
        return FIELD + "[" + messages.size() + "]";
    }
}
