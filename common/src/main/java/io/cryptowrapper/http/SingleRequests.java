package io.cryptowrapper.http;

import java.time.Duration;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.util.Timeout;

/**
 * Clients that send exactly what they are told to, once, on a connection of its own: no retries, no redirects, no
 * cookies, no proxies of the system's, and of an answer's head no more than a limit.
 *
 * <p>It is Apache's client and not the JDK's: the latter sends a GET again by itself, up to five times, when a
 * connection ends without an answer. Connections are not kept either: requests are seconds apart, and one on a
 * connection that the other side is just closing would be lost.
 */
public final class SingleRequests {

    /** By default there is no limit to the headers of an answer. */
    private static final int MOST_HEADERS = 200;

    private static final int MOST_HEADER_CHARS = 16 * 1024;

    private SingleRequests() {}

    /**
     * A client that may be given more than this.
     *
     * @param mostAtOnce how many requests are under way at the same time
     * @param names by which hosts are found
     */
    public static HttpClientBuilder client(int mostAtOnce, ConnectionConfig connections, DnsResolver names) {
        return HttpClients.custom()
                .setConnectionManager(PoolingHttpClientConnectionManagerBuilder.create()
                        .setConnectionFactory(ManagedHttpClientConnectionFactory.builder()
                                .http1Config(Http1Config.custom()
                                        .setMaxLineLength(MOST_HEADER_CHARS)
                                        .setMaxHeaderCount(MOST_HEADERS)
                                        .build())
                                .build())
                        .setDnsResolver(names)
                        .setMaxConnTotal(mostAtOnce)
                        .setMaxConnPerRoute(mostAtOnce)
                        .setDefaultConnectionConfig(connections)
                        .build())
                .setConnectionReuseStrategy((request, response, context) -> false)
                .disableAutomaticRetries()
                .disableRedirectHandling()
                .disableContentCompression()
                .disableCookieManagement()
                .disableAuthCaching();
    }

    /** For a request that may take so long. */
    public static RequestConfig within(Duration limit) {
        return RequestConfig.custom()
                .setResponseTimeout(Timeout.of(limit))
                .setConnectionRequestTimeout(Timeout.of(limit))
                // Some gateways refuse an offered upgrade with 403.
                .setProtocolUpgradeEnabled(false)
                .build();
    }

    /** The value of a header, the first if there are several; empty if there is none. */
    public static String valueOf(ClassicHttpResponse response, String header) {
        var first = response.getFirstHeader(header);
        return first == null || first.getValue() == null ? "" : first.getValue();
    }
}
