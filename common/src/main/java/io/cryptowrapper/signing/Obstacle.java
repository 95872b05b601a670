package io.cryptowrapper.signing;

/** Why the upstream is not called by somebody who wants to call it. */
public enum Obstacle {

    /** Its budget is spent. */
    QUOTA_USED_UP(429, "its quota is used up"),

    /** Nobody can tell whether its budget allows it. */
    QUOTA_UNKNOWN(429, "its quota cannot be read at the moment"),

    /** Its budget has allowed it, so long ago that the call could arrive in a window that is full. */
    PERMISSION_TOO_OLD(429, "the permission of its quota had become too old when the call was ready"),

    /** It has too many calls to answer already. */
    TOO_MANY_CALLS(504, "too many calls wait for its answer");

    private final int statusCode;
    private final String reason;

    Obstacle(int statusCode, String reason) {
        this.statusCode = statusCode;
        this.reason = reason;
    }

    /** The HTTP status that says it best. */
    public int statusCode() {
        return statusCode;
    }

    /** What completes a sentence about a call that was not made. */
    public String reason() {
        return reason;
    }
}
