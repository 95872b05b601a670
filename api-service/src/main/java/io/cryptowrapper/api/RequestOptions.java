package io.cryptowrapper.api;

import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;

/**
 * How a client wants to be answered, by the headers of its request.
 *
 * @param preferences whether it wants to wait
 * @param known the answers that it has
 * @param events whether it wants to follow the message by server-sent events
 * @param lastEvent the id of the last event that it has seen
 */
record RequestOptions(
        Preferences preferences,
        IfNoneMatch known,
        boolean events,
        @Nullable String lastEvent) {

    static final String LAST_EVENT = "Last-Event-ID";

    /**
     * Reads the headers.
     *
     * @param longestWait what a longer wait is shortened to
     * @throws MalformedRequestException if one of them cannot be read
     */
    static RequestOptions read(HttpServletRequest request, Duration longestWait) {
        return new RequestOptions(
                Preferences.read(lines(request, Preferences.HEADER), longestWait),
                IfNoneMatch.read(lines(request, HttpHeaders.IF_NONE_MATCH)),
                // Of a HEAD, no event would be sent, and no end be noticed.
                request.getMethod().equals("GET") && prefersEvents(lines(request, HttpHeaders.ACCEPT)),
                lastEvent(lines(request, LAST_EVENT)));
    }

    /**
     * The same for a batch: what it has seen before means nothing to it.
     *
     * @throws MalformedRequestException if one of them cannot be read
     */
    static RequestOptions ofBatch(HttpServletRequest request, Duration longestWait) {
        return new RequestOptions(
                Preferences.read(lines(request, Preferences.HEADER), longestWait),
                IfNoneMatch.read(List.of()),
                prefersEvents(lines(request, HttpHeaders.ACCEPT)),
                null);
    }

    /** The same for a client that does not wait. */
    RequestOptions withoutPatience() {
        return new RequestOptions(preferences.withoutPatience(), known, events, lastEvent);
    }

    private static List<String> lines(HttpServletRequest request, String header) {
        return Collections.list(request.getHeaders(header));
    }

    /** Only who names them gets events, and not if it likes JSON better; what cannot be read means JSON, as ever. */
    private static boolean prefersEvents(List<String> lines) {
        double events = 0;
        double json = 0;
        try {
            for (MediaType type : MediaType.parseMediaTypes(lines)) {
                if (type.equalsTypeAndSubtype(MediaType.TEXT_EVENT_STREAM)) {
                    events = Math.max(events, type.getQualityValue());
                } else if (type.equalsTypeAndSubtype(MediaType.APPLICATION_JSON)) {
                    json = Math.max(json, type.getQualityValue());
                }
            }
        } catch (InvalidMediaTypeException unreadable) {
            return false;
        }
        return events > 0 && events >= json;
    }

    private static @Nullable String lastEvent(List<String> lines) {
        if (lines.isEmpty()) {
            return null;
        }
        String id = lines.getFirst();
        if (lines.size() > 1 || !SigningEvent.isId(id)) {
            throw MalformedRequestException.bad(
                    "The header 'Last-Event-ID' is no id of an event that was sent from here.");
        }
        return id;
    }
}
