package io.cryptowrapper.api;

import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.Signature;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.Base64;
import java.util.Locale;
import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;

/** What the headers of an answer say of where it comes from (RFC 9211), and for how long it is good. */
@Component
class AnswerHeaders {

    static final String CACHE_STATUS = "Cache-Status";

    private static final String NO_STORE = "no-store";
    private static final String VARY_BY = "Accept, Prefer";
    private static final String CACHE = "CryptoAPIWrapper";
    private static final int TAG_BYTES = 16;

    private final Budget budget;
    private final Duration kept;

    AnswerHeaders(Budget budget, CryptoSettings settings) {
        this.budget = budget;
        this.kept = settings.cache().ttl();
    }

    /**
     * Adds how the upstream's budget stands: to the response itself, as Spring's headers would take the place of those
     * that tell of the client's own quota.
     */
    void addBudget(HttpServletResponse response) {
        budget.addTo(response);
    }

    /** Those of a stream of events. */
    static void ofEvents(HttpServletResponse response) {
        response.setHeader(HttpHeaders.CACHE_CONTROL, NO_STORE);
        // For nginx, which would wait until it has some kilobytes.
        response.setHeader("X-Accel-Buffering", "no");
    }

    /** Those of many answers at once, which nobody keeps. */
    static void ofBatch(HttpServletResponse response) {
        response.setHeader(HttpHeaders.CACHE_CONTROL, NO_STORE);
        response.addHeader(HttpHeaders.VARY, VARY_BY);
    }

    HttpHeaders of(MessageId id, Answered answered) {
        HttpHeaders headers = new HttpHeaders();
        headers.set(CACHE_STATUS, cacheStatus(answered));
        if (answered.answer() instanceof Answer.Signed(Signature signature)) {
            headers.setETag(tag(id, signature));
            headers.setCacheControl(freshness(answered));
        } else {
            headers.setCacheControl(NO_STORE);
        }
        headers.add(HttpHeaders.VARY, VARY_BY);
        return headers;
    }

    private static String cacheStatus(Answered answered) {
        Duration left = answered.left();
        boolean waits = answered.answer() instanceof Answer.Pending;
        String status = switch (answered.source()) {
            case STORED -> waits ? "detail=waiting" : left == null ? "hit" : "hit; ttl=" + left.toSeconds();
            case REMEMBERED -> "hit; detail=memory";
            case CALLED -> "fwd=uri-miss; fwd-status=" + statusOf(answered.answer());
            case SHARED -> "fwd=uri-miss; collapsed";
            case NOT_CALLED, UNFINISHED ->
                "detail=" + answered.source().name().toLowerCase(Locale.ROOT).replace('_', '-');
        };
        return CACHE + "; " + status;
    }

    private static int statusOf(Answer answer) {
        return switch (answer) {
            case Answer.Signed signed -> 200;
            case Answer.Pending(var last, var nextTry) -> last.statusCode();
            case Answer.Rejected(var last) -> last.statusCode();
        };
    }

    /** One that comes from memory is the same, but nobody knows for how long. */
    private String freshness(Answered answered) {
        return switch (answered.source()) {
            case REMEMBERED, UNFINISHED -> "private, no-cache";
            case STORED, CALLED, SHARED, NOT_CALLED -> {
                Duration left = answered.left();
                yield "private, max-age=" + (left == null ? kept : left).toSeconds();
            }
        };
    }

    /** Of what the answer is made from: equal for equal answers only. */
    private static String tag(MessageId id, Signature signature) {
        byte[] tag = Fingerprint.of(id.hex() + " " + signature.value(), TAG_BYTES);
        return "\"" + Base64.getUrlEncoder().withoutPadding().encodeToString(tag) + "\"";
    }
}
