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

    /**
     * For the URLs of callbacks, where they are taken: five of the longest, of which half has to be percent-encoded.
     */
    private static final int CALLBACKS = 16 * 1024;

    /** For the headers. */
    private static final int ROOM = 8 * 1024;

    /** The address of a message that waits is one of them. */
    private static final int ANSWERS_HEADERS = 16 * 1024;

    /** What a request that is worked on or held takes beside its headers and those of its answer: measured. */
    private static final int OTHER_BUFFERS = 96 * 1024;

    /** Sent raw by many clients, against RFC 3986; what they mean is clear. */
    private static final String RELAXED = "\"<>[\\]^`{|}";

    @Bean
    Capacity capacity(CryptoSettings settings, TomcatServerProperties tomcat) {
        return Capacity.of(
                settings.requests(),
                settings.waiting(),
                settings.batch(),
                tomcat.getMaxConnections(),
                Runtime.getRuntime().maxMemory(),
                headerSize(settings) + ANSWERS_HEADERS + OTHER_BUFFERS);
    }

    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> tomcatCustomizer(
            CryptoSettings settings, Capacity capacity) {
        String headerSize = Integer.toString(headerSize(settings));
        return factory -> {
            factory.addConnectorCustomizers(connector -> {
                connector.setProperty("maxHttpRequestHeaderSize", headerSize);
                connector.setProperty("maxHttpResponseHeaderSize", Integer.toString(ANSWERS_HEADERS));
                connector.setProperty("maxConnections", Long.toString(capacity.connections()));
                connector.setProperty("relaxedQueryChars", RELAXED);
                ClientErrorAdapter.installOn(connector);
            });
            factory.addEngineValves(new OverloadValve(capacity.requests()));
            factory.addContextCustomizers(context -> {
                if (context.getParent() instanceof StandardHost host) {
                    host.setErrorReportValveClass(ProblemReportValve.class.getName());
                }
            });
        };
    }

    private static int headerSize(CryptoSettings settings) {
        int callbacks = settings.callbacks().enabled() ? CALLBACKS : 0;
        return Math.toIntExact(settings.message().maxSize().toBytes() * ENCODED + callbacks + ROOM);
    }
}
