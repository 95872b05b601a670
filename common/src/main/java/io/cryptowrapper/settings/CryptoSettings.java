package io.cryptowrapper.settings;

import static io.cryptowrapper.settings.Check.require;
import static io.cryptowrapper.settings.Check.requireBetween;

import io.cryptowrapper.signing.SignatureCheck;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.bind.Name;
import org.springframework.util.unit.DataSize;

/**
 * Everything an operator may set about the wrapper itself, with its default.
 *
 * <p>The property {@code crypto.api.base-url} is the environment variable {@code CRYPTO_API_BASE_URL}, and so on. A
 * value that cannot work stops the start with one sentence that names it.
 *
 * @param api how the upstream is reached
 * @param retry when failed messages are tried again
 * @param cache how long signatures are kept
 * @param message what a client may send
 * @param requests how many clients may ask at once
 * @param batch how many messages a client may send together
 * @param waiting for how long, and how many, answers are held
 * @param redis how safe what is written to Redis is
 * @param client which clients may use the API, and how much
 * @param cors which web pages may use the API from a browser
 * @param callbacks how clients that left an address are told of their message's end
 */
@ConfigurationProperties("crypto")
public record CryptoSettings(
        @DefaultValue Api api,
        @DefaultValue Retry retry,
        @DefaultValue Cache cache,
        @DefaultValue Message message,
        @DefaultValue Requests requests,
        @DefaultValue Batch batch,
        @DefaultValue Waiting waiting,
        @DefaultValue Redis redis,
        @DefaultValue ClientSettings client,
        @DefaultValue CorsSettings cors,
        @DefaultValue @Name("callback") CallbackSettings callbacks) {

    /**
     * How the upstream is reached.
     *
     * @param baseUrl the upstream's address, to which {@code /crypto/sign} is added
     * @param key what the {@code Authorization} header carries
     * @param keyFile a file that holds the key, instead of {@code key}
     * @param timeout how long a client's request waits for the first call
     * @param quota how often the upstream may be called, by all processes together
     * @param publicKey by which the upstream's signatures are checked, in PEM; if there is none, they are not
     * @param publicKeyFile a file that holds the public key, instead of {@code publicKey}
     */
    public record Api(
            @Nullable URI baseUrl,
            @Nullable String key,
            @Nullable Path keyFile,
            @DefaultValue("1500ms") Duration timeout,
            @DefaultValue Quota quota,
            @Nullable String publicKey,
            @Nullable Path publicKeyFile) {

        public Api {
            baseUrl = Check.baseUrl("CRYPTO_API_BASE_URL", baseUrl);
            key = Check.key("CRYPTO_API_KEY", key, keyFile);
            // Longer, and there would be no time left to queue the message inside the two seconds that clients are
            // promised.
            requireBetween("CRYPTO_API_TIMEOUT", timeout, Duration.ofMillis(50), Duration.ofMillis(1500));
            publicKey = Check.publicKey("CRYPTO_API_PUBLIC_KEY", publicKey, publicKeyFile);
        }

        /** The upstream's address, without a slash at its end. */
        @Override
        public URI baseUrl() {
            return Objects.requireNonNull(baseUrl);
        }

        /** The key, wherever it was set. */
        @Override
        public String key() {
            return Objects.requireNonNull(key);
        }

        /** The check by the public key, wherever that was set; nothing if there is none. */
        public Optional<SignatureCheck> signatureCheck() {
            return Optional.ofNullable(publicKey).map(SignatureCheck::by);
        }

        /** Leaves the key out. */
        @Override
        public String toString() {
            return "Api[baseUrl=" + baseUrl + "]";
        }
    }

    /**
     * How often the upstream may be called: at most {@code calls} times in any {@code window}.
     *
     * @param calls the number of calls
     * @param window the length of time, wherever it begins
     */
    public record Quota(
            @DefaultValue("10") int calls,
            @DefaultValue("60s") Duration window) {

        public Quota {
            requireBetween("CRYPTO_API_QUOTA_CALLS", calls, 1, 100_000);
            requireBetween("CRYPTO_API_QUOTA_WINDOW", window, Duration.ofMillis(100), Duration.ofDays(1));
        }
    }

    /**
     * When failed messages are tried again.
     *
     * @param period the time between two retries, by all workers together
     * @param delays how long a message waits at least before each attempt; the last one repeats
     * @param timeout how long a call may take when no client waits for it
     * @param giveUpAfter how old a message may become before it is parked
     * @param maxPending how many messages may wait; beyond that, new ones are refused
     */
    public record Retry(
            @DefaultValue("6s") Duration period,
            @DefaultValue("6s") List<Duration> delays,
            @DefaultValue("30s") Duration timeout,
            @DefaultValue("24h") Duration giveUpAfter,
            @DefaultValue("100000") int maxPending) {

        public Retry {
            requireBetween("CRYPTO_RETRY_PERIOD", period, Duration.ofMillis(10), Duration.ofHours(1));
            require(
                    // Between two commas may be nothing.
                    !delays.isEmpty() && delays.size() <= 20 && delays.stream().noneMatch(Objects::isNull),
                    "CRYPTO_RETRY_DELAYS",
                    "must be a list of 1 to 20 durations, for example 6s,30s,5m");
            delays = List.copyOf(delays);
            for (Duration delay : delays) {
                requireBetween("CRYPTO_RETRY_DELAYS", delay, Duration.ofMillis(10), Duration.ofDays(1));
            }
            requireBetween("CRYPTO_RETRY_TIMEOUT", timeout, Duration.ofMillis(100), Duration.ofMinutes(10));
            requireBetween("CRYPTO_RETRY_GIVE_UP_AFTER", giveUpAfter, Duration.ofSeconds(1), Duration.ofDays(365));
            requireBetween("CRYPTO_RETRY_MAX_PENDING", maxPending, 1, 10_000_000);
        }
    }

    /**
     * How long signatures are kept.
     *
     * @param ttl the time from a signature's storing to its end
     */
    public record Cache(@DefaultValue("24h") Duration ttl) {

        public Cache {
            requireBetween("CRYPTO_CACHE_TTL", ttl, Duration.ofSeconds(1), Duration.ofDays(3650));
        }
    }

    /**
     * What a client may send.
     *
     * @param maxSize the largest message, in UTF-8 bytes
     */
    public record Message(@DefaultValue("8KB") DataSize maxSize) {

        /** Each connection may take some four times as much memory, and it all travels in a request's line. */
        private static final long MOST_BYTES = 64 * 1024;

        public Message {
            require(
                    maxSize.toBytes() >= 1 && maxSize.toBytes() <= MOST_BYTES,
                    "CRYPTO_MESSAGE_MAX_SIZE",
                    "must be from 1B to 64KB, not " + maxSize);
        }
    }

    /**
     * How many clients may ask at once.
     *
     * @param maxAtOnce how many requests an instance works on at the same time; beyond that, they are refused at once,
     *     so that the others are answered in time
     */
    public record Requests(@DefaultValue("1000") int maxAtOnce) {

        public Requests {
            requireBetween("CRYPTO_REQUESTS_MAX_AT_ONCE", maxAtOnce, 1, 100_000);
        }
    }

    /**
     * How many messages a client may send together.
     *
     * @param maxSize the largest body of a request that has them, in bytes
     * @param maxAtOnce how many of such requests an instance works on at the same time; beyond that, they are refused
     */
    public record Batch(
            @DefaultValue("4MB") DataSize maxSize,
            @DefaultValue("4") int maxAtOnce) {

        private static final long MOST_BYTES = 64L * 1024 * 1024;

        public Batch {
            require(
                    maxSize.toBytes() >= 1024 && maxSize.toBytes() <= MOST_BYTES,
                    "CRYPTO_BATCH_MAX_SIZE",
                    "must be from 1KB to 64MB, not " + maxSize);
            requireBetween("CRYPTO_BATCH_MAX_AT_ONCE", maxAtOnce, 1, 1000);
        }
    }

    /**
     * For how long, and how many, answers are held for clients that prefer to wait.
     *
     * @param limit the longest; who wants to wait longer is answered then
     * @param maxAtOnce how many an instance holds; beyond that, clients are answered as if they did not want to wait
     */
    public record Waiting(
            @DefaultValue("60s") Duration limit,
            @DefaultValue("5000") int maxAtOnce) {

        public Waiting {
            requireBetween("CRYPTO_WAITING_LIMIT", limit, Duration.ofSeconds(1), Duration.ofHours(1));
            requireBetween("CRYPTO_WAITING_MAX_AT_ONCE", maxAtOnce, 0, 100_000);
        }
    }

    /**
     * How safe what is written to Redis is.
     *
     * @param replicas how many replicas must have a grant or a result before it counts
     */
    public record Redis(@DefaultValue("0") int replicas) {

        public Redis {
            requireBetween("CRYPTO_REDIS_REPLICAS", replicas, 0, 5);
        }
    }
}
