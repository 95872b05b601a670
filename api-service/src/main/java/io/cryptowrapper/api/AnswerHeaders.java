package io.cryptowrapper.api;

import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.Signature;
import io.cryptowrapper.upstream.UpstreamQuota.Standing;
import java.time.Duration;
import java.util.Base64;
import java.util.Locale;
import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;

/**
 * What the headers of an answer say of where it comes from, for how long it is good, and how the upstream's budget
 * stands.
 *
 * <p>{@code Cache-Status} is RFC 9211.
 */
@Component
class AnswerHeaders {

    private static final String CACHE = "CryptoAPIWrapper";
    private static final String UPSTREAM = "upstream";
    private static final int TAG_BYTES = 16;

    private final Budget budget;
    private final String policy;
    private final Duration kept;

    AnswerHeaders(Budget budget, CryptoSettings settings) {
        this.budget = budget;
        CryptoSettings.Quota quota = settings.api().quota();
        this.policy = new RateLimit(UPSTREAM, quota.calls(), quota.window(), quota.calls(), Duration.ZERO).policyItem();
        this.kept = settings.cache().ttl();
    }

    HttpHeaders of(MessageId id, Answered answered) {
        HttpHeaders headers = new HttpHeaders();
        headers.set("Cache-Status", cacheStatus(answered));
        if (answered.answer() instanceof Answer.Signed(Signature signature)) {
            headers.setETag(tag(id, signature));
            headers.setCacheControl(freshness(answered));
        } else {
            headers.setCacheControl("no-store");
        }
        headers.add(HttpHeaders.VARY, "Accept, Prefer");
        headers.add(RateLimit.POLICY_HEADER, policy);
        budget.standing().ifPresent(standing -> headers.add(RateLimit.HEADER, rateLimit(standing)));
        return headers;
    }

    private static String rateLimit(Standing standing) {
        return new RateLimit(UPSTREAM, standing.calls(), standing.window(), standing.left(), standing.more()).item();
    }

    private static String cacheStatus(Answered answered) {
        Duration left = answered.left();
        boolean waits = answered.answer() instanceof Answer.Pending;
        String status = switch (answered.source()) {
            case STORED -> waits ? "detail=waiting" : left == null ? "hit" : "hit; ttl=" + left.toSeconds();
            case REMEMBERED -> "hit; detail=memory";
            case CALLED -> "fwd=uri-miss; fwd-status=" + statusOf(answered.answer()) + (waits ? "" : "; stored");
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
