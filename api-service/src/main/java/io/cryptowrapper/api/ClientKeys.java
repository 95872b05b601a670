package io.cryptowrapper.api;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.cryptowrapper.settings.ClientKey;
import io.cryptowrapper.signing.Sha256;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The keys that clients may show in the header {@code Authorization}, each with its quota. */
final class ClientKeys {

    /** RFC 6750; the scheme's case does not matter. */
    private static final Pattern BEARER = Pattern.compile("(?i:Bearer) +([A-Za-z0-9._~+/-]{1,512}={0,8})");

    private final List<Known> keys;

    /**
     * All with whole quotas.
     *
     * @param window in which time a quota comes back
     */
    ClientKeys(List<ClientKey> keys, Duration window, LongSupplier nanoClock) {
        this.keys = keys.stream()
                .map(key -> new Known(
                        new Client(key.name()),
                        new ClientQuota(key.requests(), window, nanoClock),
                        HexFormat.of().parseHex(key.sha256())))
                .toList();
    }

    /**
     * The key that a request shows.
     *
     * @param lines those of its header {@code Authorization}
     * @return nothing if it shows none of them, or in another way than once
     */
    Optional<Known> find(List<String> lines) {
        if (lines.size() != 1) {
            return Optional.empty();
        }
        Matcher bearer = BEARER.matcher(lines.getFirst());
        if (!bearer.matches()) {
            return Optional.empty();
        }
        byte[] shown = Sha256.of(bearer.group(1).getBytes(US_ASCII));
        @Nullable Known found = null;
        // With all of them, each to its end: the time that it takes tells nothing.
        for (Known key : keys) {
            if (MessageDigest.isEqual(key.sha256, shown)) {
                found = key;
            }
        }
        return Optional.ofNullable(found);
    }

    /** One of them. */
    static final class Known {

        private final Client client;
        private final ClientQuota quota;
        private final byte[] sha256;

        private Known(Client client, ClientQuota quota, byte[] sha256) {
            this.client = client;
            this.quota = quota;
            this.sha256 = sha256;
        }

        Client client() {
            return client;
        }

        ClientQuota quota() {
            return quota;
        }
    }
}
