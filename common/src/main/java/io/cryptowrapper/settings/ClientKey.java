package io.cryptowrapper.settings;

/**
 * A key by which a client shows who it is. The key itself is only with the client.
 *
 * @param name the client's name; a client may have several keys
 * @param sha256 the key's SHA-256, in lower-case hexadecimal digits
 * @param requests how many requests may be made with it in a row
 */
public record ClientKey(String name, String sha256, int requests) {

    /** Leaves the hash out. */
    @Override
    public String toString() {
        return "ClientKey[name=" + name + ", requests=" + requests + "]";
    }
}
