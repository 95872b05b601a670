package io.cryptowrapper.api;

import io.cryptowrapper.contract.SignResponse;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;

/**
 * How a quota stands, as a client is told (draft-ietf-httpapi-ratelimit-headers-11).
 *
 * @param policy the quota's name
 * @param quota how many requests it has
 * @param window in which time they come back
 * @param left how many are left
 * @param untilMore when there will be more, if any is used
 */
record RateLimit(String policy, long quota, Duration window, long left, Duration untilMore) {

    static final String POLICY_HEADER = "RateLimit-Policy";
    static final String HEADER = "RateLimit";

    /** Adds it to an answer, which may tell of other quotas too: both headers are lists. */
    void addTo(HttpServletResponse response) {
        addPolicyTo(response, policy, quota, window);
        // Where all are left there will not be more.
        String more = left < quota ? ";t=" + SignResponse.seconds(untilMore) : "";
        response.addHeader(HEADER, "\"%s\";r=%d%s".formatted(policy, left, more));
    }

    /** Tells it anew, before an answer tells of other quotas. */
    void replaceIn(HttpServletResponse response) {
        response.setHeader(POLICY_HEADER, null);
        response.setHeader(HEADER, null);
        addTo(response);
    }

    /** Adds the quota alone, where nobody knows how it stands. */
    static void addPolicyTo(HttpServletResponse response, String policy, long quota, Duration window) {
        response.addHeader(POLICY_HEADER, "\"%s\";q=%d;w=%d".formatted(policy, quota, SignResponse.seconds(window)));
    }
}
