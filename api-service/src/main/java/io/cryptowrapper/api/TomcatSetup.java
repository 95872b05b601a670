package io.cryptowrapper.api;

import io.cryptowrapper.settings.CryptoSettings;
import org.apache.catalina.core.StandardHost;
import org.springframework.boot.tomcat.autoconfigure.TomcatServerProperties;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Tomcat, so set up that the largest message fits in, and that its own errors look like all others. */
@Configuration(proxyBeanMethods = false)
class TomcatSetup {

    /** The worst case of percent-encoding: each byte as three. */
    private static final int ENCODED = 3;

    /** For the headers. */
    private static final int ROOM = 8 * 1024;

    /**
     * What a request that is worked on takes beside its headers, most of it for its answer: measured, and rounded up.
     */
    private static final int OTHER_BUFFERS = 32 * 1024;

    /** How much of the heap all connections together may take: one part of so many. */
    private static final int SHARE_OF_HEAP = 3;

    /** Sent raw by many clients, against RFC 3986; what they mean is clear. */
    private static final String RELAXED = "\"<>[\\]^`{|}";

    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> tomcatCustomizer(
            CryptoSettings settings, TomcatServerProperties tomcat) {
        int headerSize = Math.toIntExact(settings.message().maxSize().toBytes() * ENCODED + ROOM);
        long connections = Math.min(
                tomcat.getMaxConnections(), connectionsIn(Runtime.getRuntime().maxMemory(), headerSize));
        return factory -> {
            factory.addConnectorCustomizers(connector -> {
                connector.setProperty("maxHttpRequestHeaderSize", Integer.toString(headerSize));
                // The address of a message that waits is one of them.
                connector.setProperty("maxHttpResponseHeaderSize", Integer.toString(headerSize));
                connector.setProperty("maxConnections", Long.toString(connections));
                connector.setProperty("relaxedQueryChars", RELAXED);
                ClientErrorAdapter.installOn(connector);
            });
            factory.addEngineValves(new OverloadValve(atOnce(settings.requests().maxAtOnce(), connections)));
            factory.addContextCustomizers(context -> {
                if (context.getParent() instanceof StandardHost host) {
                    host.setErrorReportValveClass(ProblemReportValve.class.getName());
                }
            });
        };
    }

    /** How many connections a heap holds beside all else, though a request is worked on for each of them. */
    static long connectionsIn(long heapSize, int headerSize) {
        return heapSize / SHARE_OF_HEAP / (headerSize + OTHER_BUFFERS);
    }

    /** How many requests may be worked on: there must be connections for those who are told that it is too many. */
    static int atOnce(int wanted, long connections) {
        return Math.toIntExact(Math.min(wanted, connections * 3 / 4));
    }
}
