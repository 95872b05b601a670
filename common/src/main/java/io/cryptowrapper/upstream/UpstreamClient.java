package io.cryptowrapper.upstream;

import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.UpstreamOutcome;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.NoRouteToHostException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpConnection;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.Http1StreamListener;
import org.apache.hc.core5.http.impl.io.HttpRequestExecutor;
import org.apache.hc.core5.http.io.HttpClientConnection;
import org.apache.hc.core5.util.Timeout;

/**
 * Calls the upstream: exactly one request for each call, whatever happens to it.
 *
 * <p>That is why it is Apache's client and not the JDK's: the latter sends a GET again by itself, up to five times,
 * when a connection ends without an answer, and each of those would be a call outside the budget. Connections are not
 * kept either: calls are seconds apart, and one on a connection that the upstream is just closing would be lost.
 */
public class UpstreamClient implements AutoCloseable {

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

    /**
     * Under way at the same time. Each takes a connection, with its buffers, for as long as the upstream lets it wait.
     */
    static final int MOST_CALLS = 256;

    /** By default there is no limit to the headers of an answer. */
    private static final int MOST_HEADERS = 200;

    private static final int MOST_HEADER_CHARS = 16 * 1024;

    private static final Duration REHEARSAL_LIMIT = Duration.ofSeconds(2);

    /** Of the call that this thread makes. */
    private static final ScopedValue<Grant> GRANT = ScopedValue.newInstance();

    private final URI baseUrl;
    private final String key;
    private final OutcomeReader reader;
    private final CloseableHttpClient http;
    private final Semaphore room = new Semaphore(MOST_CALLS);
    private final ExecutorService calls = Executors.newVirtualThreadPerTaskExecutor();

    public UpstreamClient(CryptoSettings.Api api, Clock clock) {
        this.baseUrl = api.baseUrl();
        this.key = api.key();
        this.reader = new OutcomeReader(key, clock);
        this.http = HttpClients.custom()
                .setConnectionManager(PoolingHttpClientConnectionManagerBuilder.create()
                        .setConnectionFactory(ManagedHttpClientConnectionFactory.builder()
                                .http1Config(Http1Config.custom()
                                        .setMaxLineLength(MOST_HEADER_CHARS)
                                        .setMaxHeaderCount(MOST_HEADERS)
                                        .build())
                                .build())
                        .setMaxConnTotal(MOST_CALLS)
                        .setMaxConnPerRoute(MOST_CALLS)
                        .setDefaultConnectionConfig(ConnectionConfig.custom()
                                .setConnectTimeout(Timeout.of(CONNECT_TIMEOUT))
                                .build())
                        .build())
                .setConnectionReuseStrategy((request, response, context) -> false)
                .disableAutomaticRetries()
                .disableRedirectHandling()
                .disableContentCompression()
                .disableCookieManagement()
                .disableAuthCaching()
                .addRequestInterceptorLast((request, entity, context) -> checkGrant())
                .setRequestExecutor(HttpRequestExecutor.builder()
                        .withHttp1StreamListener(new Departure())
                        .build())
                .build();
    }

    /** Whether another call can be made, so that no grant is taken for nothing. */
    public boolean hasRoom() {
        return room.availablePermits() > 0;
    }

    /**
     * Calls the upstream once.
     *
     * @param grant the budget's permission; if it is too old when all else is ready, or too many calls are under way,
     *     nothing is sent
     * @param limit how long the whole exchange may take
     * @return completes by the limit, and never exceptionally
     */
    public CompletableFuture<UpstreamOutcome> call(Grant grant, Message message, Duration limit) {
        HttpGet request = request(addressOf(message), limit);
        request.setHeader(HttpHeaders.AUTHORIZATION, key);
        if (!room.tryAcquire()) {
            return CompletableFuture.completedFuture(new UpstreamOutcome.NotCalled());
        }
        UpstreamOutcome late = new UpstreamOutcome.Failed(Failure.noAnswerWithin(limit), null);
        return CompletableFuture.supplyAsync(() -> exchangeAndLeave(request, grant, limit), calls)
                .completeOnTimeout(late, limit.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((outcome, error) -> request.cancel());
    }

    /**
     * Goes the way of a call once, to a server of its own, without the key: in a JVM that has just started this may
     * take a second, and the grant of its first real call would be too old when that is sent.
     *
     * @return whether it went all the way; if not, the first call may be slow
     */
    public boolean rehearse() {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var _ = calls.submit(() -> answerOnce(server));
            URI address = URI.create("http://127.0.0.1:" + server.getLocalPort() + "/?message=none");
            HttpGet request = request(address, REHEARSAL_LIMIT);
            return exchange(request, Grant.forRehearsal(), REHEARSAL_LIMIT) instanceof UpstreamOutcome.Signed;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        http.close();
        calls.shutdownNow();
    }

    private static HttpGet request(URI address, Duration limit) {
        HttpGet request = new HttpGet(address);
        request.setHeader(HttpHeaders.ACCEPT, "*/*");
        request.setConfig(RequestConfig.custom()
                .setResponseTimeout(Timeout.of(limit))
                .setConnectionRequestTimeout(Timeout.of(limit))
                // Some gateways refuse an offered upgrade with 403.
                .setProtocolUpgradeEnabled(false)
                .build());
        return request;
    }

    private static Void answerOnce(ServerSocket server) throws IOException {
        try (Socket client = server.accept()) {
            client.getInputStream().read();
            client.getOutputStream()
                    .write("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
                            .getBytes(StandardCharsets.US_ASCII));
        }
        return null;
    }

    private UpstreamOutcome exchangeAndLeave(HttpGet request, Grant grant, Duration limit) {
        try {
            return exchange(request, grant, limit);
        } finally {
            room.release();
        }
    }

    private UpstreamOutcome exchange(HttpGet request, Grant grant, Duration limit) {
        try {
            return ScopedValue.where(GRANT, grant).call(() -> send(request));
        } catch (GrantTooOldException e) {
            return new UpstreamOutcome.NotCalled();
        } catch (SocketTimeoutException e) {
            return new UpstreamOutcome.Failed(
                    e instanceof ConnectTimeoutException
                            ? new Failure(504, "The upstream could not be connected to in time.")
                            : Failure.noAnswerWithin(limit),
                    null);
        } catch (IOException e) {
            return new UpstreamOutcome.Failed(Failure.connection(reason(e)), null);
        } catch (RuntimeException e) {
            return new UpstreamOutcome.Failed(Failure.connection("its answer could not be understood"), null);
        }
    }

    private UpstreamOutcome send(HttpGet request) throws IOException {
        ClassicHttpResponse response = http.executeOpen(null, request, null);
        try {
            return read(response);
        } finally {
            // Before the response is closed, which would read what is left of a long body, however slowly it comes.
            request.cancel();
            try {
                response.close();
            } catch (IOException e) {
                // It is cancelled.
            }
        }
    }

    /** The last step before the request is sent: connecting may have taken long. */
    private static void checkGrant() throws GrantTooOldException {
        if (!GRANT.get().allowsSending()) {
            throw new GrantTooOldException();
        }
    }

    private UpstreamOutcome read(ClassicHttpResponse response) throws IOException {
        HttpEntity entity = response.getEntity();
        // One byte more than is used, to see that there is more.
        byte[] body = entity == null ? new byte[0] : entity.getContent().readNBytes(OutcomeReader.MOST_BYTES + 1);
        return reader.read(
                response.getCode(),
                new OutcomeReader.Headers(
                        valueOf(response, HttpHeaders.CONTENT_TYPE),
                        valueOf(response, HttpHeaders.RETRY_AFTER),
                        valueOf(response, HttpHeaders.DATE)),
                body);
    }

    private URI addressOf(Message message) {
        // A space as %20 is a space in forms and in URIs alike; as + it would be one in forms only.
        String encoded =
                URLEncoder.encode(message.text(), StandardCharsets.UTF_8).replace("+", "%20");
        return URI.create(baseUrl + "/crypto/sign?message=" + encoded);
    }

    private static String valueOf(ClassicHttpResponse response, String header) {
        var first = response.getFirstHeader(header);
        return first == null || first.getValue() == null ? "" : first.getValue();
    }

    /** Said to clients, so it names no host and quotes no exception. */
    private static String reason(IOException e) {
        return switch (e) {
            case UnknownHostException unknown -> "its host name cannot be resolved";
            case NoRouteToHostException unreachable -> "it cannot be reached";
            case ConnectException refused -> "it was refused";
            case MessageConstraintException tooLong -> "the headers of its answer are too long";
            case SSLException tls -> "no secure connection could be made";
            default -> "it ended before the answer was complete";
        };
    }

    /** A process that stands still between the check and the sending is seen afterwards. */
    private static final class Departure implements Http1StreamListener {

        @Override
        public void onRequestHead(HttpConnection connection, HttpRequest request) {
            try {
                ((HttpClientConnection) connection).flush();
            } catch (IOException e) {
                // The executor, which flushes it too, tells it. What was sent by then may count upstream.
            }
            Grant grant = GRANT.get();
            if (grant.isOld()) {
                // The answer does not wait for it.
                Thread.ofVirtual().name("renew-grant").start(grant::renewAfterUse);
            }
        }

        @Override
        public void onResponseHead(HttpConnection connection, HttpResponse response) {}

        @Override
        public void onExchangeComplete(HttpConnection connection, boolean keepAlive) {}
    }

    /** Nothing was sent. */
    private static final class GrantTooOldException extends IOException {
        private static final long serialVersionUID = 1;
    }
}
