package io.cryptowrapper.api;

import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;

/**
 * How a quota stands, as a client is told (draft-ietf-httpapi-ratelimit-headers-11).
 *
 * @param policy the quota's name
 * @param quota how many requests it has
 * @param window in which time they come back
 * @param left how many are left
 * @param untilMore when there will be more
 */
record RateLimit(String policy, long quota, Duration window, long left, Duration untilMore) {

    static final String POLICY_HEADER = "RateLimit-Policy";
    static final String HEADER = "RateLimit";

    /** Adds it to an answer, which may tell of other quotas too: both headers are lists. */
    void addTo(HttpServletResponse response) {
        response.addHeader(POLICY_HEADER, policyItem());
        response.addHeader(HEADER, item());
    }

    /** The quota itself. */
    String policyItem() {
        return "\"%s\";q=%d;w=%d".formatted(policy, quota, SignResponse.seconds(window));
    }

    /** How it stands. */
    String item() {
        return "\"%s\";r=%d;t=%d".formatted(policy, left, SignResponse.seconds(untilMore));
    }
}
