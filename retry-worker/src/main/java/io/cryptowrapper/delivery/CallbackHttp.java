package io.cryptowrapper.delivery;

import io.cryptowrapper.callbacks.Callback;
import io.cryptowrapper.callbacks.CallbackQueue;
import io.cryptowrapper.callbacks.CallbackRefusedException;
import io.cryptowrapper.callbacks.CallbackTargets;
import io.cryptowrapper.http.SingleRequests;
import io.cryptowrapper.settings.CallbackSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * Posts a callback, once, on a connection of its own to one of the addresses that {@link CallbackTargets} has looked
 * at. Whatever the receiver does, it takes no longer than its limit.
 */
final class CallbackHttp implements AutoCloseable {

    /** The longest body that is waited for; it is not used, but some receivers take it for an error if nobody reads. */
    private static final int MOST_BYTES = 16 * 1024;

    /** Where this thread's callback goes. */
    private static final ScopedValue<URI> TARGET = ScopedValue.newInstance();

    private final CloseableHttpClient http;
    private final WebhookSignature signature;
    private final Duration timeout;
    private final Clock clock;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    CallbackHttp(CallbackTargets targets, CallbackSettings settings, Clock clock) {
        this.signature = new WebhookSignature(settings.keys());
        this.timeout = settings.timeout();
        this.clock = clock;
        ConnectionConfig connections = ConnectionConfig.custom()
                // Less than all of it, so that the next one of several addresses is tried.
                .setConnectTimeout(Timeout.of(timeout.dividedBy(3)))
                .setSocketTimeout(Timeout.of(timeout))
                .build();
        // No proxy, too: what one would reach is not what was looked at.
        this.http = SingleRequests.client(
                        2 * CallbackQueue.MOST_AT_ONCE, connections, new CheckedNames(targets, timeout))
                .setUserAgent("CryptoAPIWrapper")
                .build();
    }

    /** Posts it, and returns when its outcome is known. */
    Outcome post(Callback callback) throws InterruptedException {
        HttpPost request;
        try {
            request = request(callback);
        } catch (IllegalArgumentException e) {
            return Outcome.Failed.because("its URL cannot be called");
        }
        var outcome = new AtomicReference<@Nullable Outcome>();
        Future<?> exchange = threads.submit(() -> {
            ScopedValue.where(TARGET, callback.url()).call(() -> exchange(request, outcome));
            return null;
        });
        String failure;
        try {
            exchange.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            failure = "no answer";
        } catch (TimeoutException e) {
            failure = "no answer within " + timeout.toMillis() + " ms";
        } catch (ExecutionException e) {
            failure = reasonOf(e.getCause());
        } finally {
            request.cancel();
            // What the client does not give up by itself, a connection attempt or a handshake, ends by an interrupt.
            exchange.cancel(true);
        }
        Outcome answered = outcome.get();
        return answered != null ? answered : Outcome.Failed.because(failure);
    }

    @Override
    public void close() throws IOException {
        threads.shutdownNow();
        http.close();
    }

    private HttpPost request(Callback callback) {
        byte[] body = callback.body().getBytes(StandardCharsets.UTF_8);
        Instant now = clock.instant();
        HttpPost request = new HttpPost(callback.url());
        request.setHeader("webhook-id", callback.id());
        request.setHeader("webhook-timestamp", Long.toString(now.getEpochSecond()));
        request.setHeader("webhook-signature", signature.of(callback.id(), now, body));
        request.setEntity(new ByteArrayEntity(body, ContentType.create("application/json")));
        request.setConfig(SingleRequests.within(timeout));
        return request;
    }

    /** The outcome is known when the head of the answer is there, however long its body takes. */
    private @Nullable Void exchange(HttpPost request, AtomicReference<@Nullable Outcome> outcome) throws IOException {
        try (ClassicHttpResponse response = http.executeOpen(null, request, null)) {
            outcome.set(outcomeOf(response));
            if (response.getEntity() != null) {
                response.getEntity().getContent().readNBytes(MOST_BYTES);
            }
            // Or closing would read what is left of a longer one.
            request.cancel();
        }
        return null;
    }

    private Outcome outcomeOf(ClassicHttpResponse response) {
        int status = response.getCode();
        if (status >= 200 && status < 300) {
            return new Outcome.Delivered(status);
        }
        if (status == 410) {
            return new Outcome.Gone();
        }
        String retryAfter = SingleRequests.valueOf(response, HttpHeaders.RETRY_AFTER);
        return new Outcome.Failed("it answered " + status, Schedule.pause(retryAfter, clock.instant()));
    }

    /** In words of ours: those of others may quote the URL. */
    private static String reasonOf(@Nullable Throwable failure) {
        return switch (failure) {
            case RefusedHostException refused -> refused.sentence();
            case UnknownHostException _ -> "its host is not known";
            case javax.net.ssl.SSLException _ -> "no TLS connection";
            case java.net.ConnectException _ -> "no connection";
            case IOException _ -> "the connection was lost";
            case null, default -> "it could not be sent";
        };
    }

    /** What the client connects to: the addresses that were looked at just now, and no others. */
    private record CheckedNames(CallbackTargets targets, Duration patience) implements DnsResolver {

        @Override
        public InetAddress[] resolve(String host) throws UnknownHostException {
            URI target = TARGET.get();
            if (!withoutBrackets(host).equalsIgnoreCase(withoutBrackets(String.valueOf(target.getHost())))) {
                throw new RefusedHostException("the client and the guard see different hosts in the URL");
            }
            try {
                return targets.addressesOf(target, patience).toArray(InetAddress[]::new);
            } catch (CallbackRefusedException e) {
                throw new RefusedHostException(String.valueOf(e.getMessage()));
            }
        }

        @Override
        public String resolveCanonicalHostname(String host) {
            return host;
        }

        private static String withoutBrackets(String host) {
            return host.replaceAll("[\\[\\]]", "");
        }
    }

    /** Nothing was sent. */
    private static final class RefusedHostException extends UnknownHostException {
        private static final long serialVersionUID = 1;

        private final String sentence;

        RefusedHostException(String sentence) {
            super(sentence);
            this.sentence = sentence;
        }

        String sentence() {
            return sentence;
        }
    }
}
