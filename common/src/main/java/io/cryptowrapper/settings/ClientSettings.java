package io.cryptowrapper.settings;

import static io.cryptowrapper.settings.Check.requireBetween;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Which clients may use the API, and how much.
 *
 * @param keysFile the file of their keys; without one, no client needs a key
 * @param quota how often each key may be used that has no number of its own
 */
public record ClientSettings(
        @Nullable Path keysFile, @DefaultValue Quota quota) {

    static final int MOST_REQUESTS = 1_000_000;

    public ClientSettings {
        // An empty variable is as good as none.
        keysFile = keysFile == null || keysFile.toString().isBlank() ? null : keysFile;
        read(keysFile, quota);
    }

    /** The keys, read from the file; none if no client needs one. */
    public List<ClientKey> keys() {
        return read(keysFile, quota);
    }

    private static List<ClientKey> read(@Nullable Path file, Quota quota) {
        return file == null ? List.of() : ClientKeysFile.read(file, quota.requests());
    }

    /**
     * How often a key may be used: so many times in a row, and as many more evenly over each window.
     *
     * @param requests the number of requests
     * @param window the time in which a quota that was used up has come back
     */
    public record Quota(
            @DefaultValue("600") int requests,
            @DefaultValue("60s") Duration window) {

        public Quota {
            requireBetween("CRYPTO_CLIENT_QUOTA_REQUESTS", requests, 1, MOST_REQUESTS);
            requireBetween("CRYPTO_CLIENT_QUOTA_WINDOW", window, Duration.ofSeconds(1), Duration.ofDays(1));
        }
    }
}
