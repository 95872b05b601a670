package io.cryptowrapper.signing;

/**
 * The name of the upstream whose answers are fetched: queues, Redis keys and the budget all start with it, so two
 * upstreams never share any of them.
 */
public record UpstreamName(String value) {

    /** The one upstream there is. */
    public static final UpstreamName SIGN = new UpstreamName("sign");

    public UpstreamName {
        if (!value.matches("[a-z][a-z0-9-]{0,30}")) {
            throw new IllegalArgumentException("not an upstream's name: " + value);
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
