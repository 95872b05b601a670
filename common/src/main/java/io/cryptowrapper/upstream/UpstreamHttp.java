package io.cryptowrapper.upstream;

import io.cryptowrapper.http.SingleRequests;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpConnection;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.impl.Http1StreamListener;
import org.apache.hc.core5.http.impl.io.HttpRequestExecutor;
import org.apache.hc.core5.http.io.HttpClientConnection;
import org.apache.hc.core5.util.Timeout;

/** Exchanges exactly one request for one answer, as each one more would be a call outside the budget. */
final class UpstreamHttp implements AutoCloseable {

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

    /** Of the call that this thread makes. */
    private static final ScopedValue<Grant> GRANT = ScopedValue.newInstance();

    private final CloseableHttpClient http;

    /** @param mostCalls how many are under way at the same time */
    UpstreamHttp(int mostCalls) {
        ConnectionConfig connections = ConnectionConfig.custom()
                .setConnectTimeout(Timeout.of(CONNECT_TIMEOUT))
                .build();
        this.http = SingleRequests.client(mostCalls, connections, SystemDefaultDnsResolver.INSTANCE)
                .addRequestInterceptorLast((request, entity, context) -> checkGrant())
                .setRequestExecutor(HttpRequestExecutor.builder()
                        .withHttp1StreamListener(new Departure())
                        .build())
                .build();
    }

    /** What an answer means. */
    interface Reading<T> {

        T read(int status, OutcomeReader.Headers headers, byte[] body);
    }

    /** A request that is not sent yet, and may take as long as {@code limit}. */
    static HttpGet request(URI address, Duration limit) {
        HttpGet request = new HttpGet(address);
        request.setHeader(HttpHeaders.ACCEPT, "*/*");
        request.setConfig(SingleRequests.within(limit));
        return request;
    }

    /**
     * Sends a request, unless its grant is too old by then, and reads the answer.
     *
     * @throws GrantTooOldException if nothing was sent
     */
    <T> T exchange(HttpGet request, Grant grant, Reading<T> reading) throws IOException {
        return ScopedValue.where(GRANT, grant).call(() -> send(request, reading));
    }

    @Override
    public void close() throws IOException {
        http.close();
    }

    private <T> T send(HttpGet request, Reading<T> reading) throws IOException {
        ClassicHttpResponse response = http.executeOpen(null, request, null);
        try {
            return read(response, reading);
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

    private static <T> T read(ClassicHttpResponse response, Reading<T> reading) throws IOException {
        HttpEntity entity = response.getEntity();
        // One byte more than is used, to see that there is more.
        byte[] body = entity == null ? new byte[0] : entity.getContent().readNBytes(OutcomeReader.MOST_BYTES + 1);
        return reading.read(
                response.getCode(),
                new OutcomeReader.Headers(
                        SingleRequests.valueOf(response, HttpHeaders.CONTENT_TYPE),
                        SingleRequests.valueOf(response, HttpHeaders.RETRY_AFTER),
                        SingleRequests.valueOf(response, HttpHeaders.DATE)),
                body);
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
    static final class GrantTooOldException extends IOException {
        private static final long serialVersionUID = 1;
    }
}
