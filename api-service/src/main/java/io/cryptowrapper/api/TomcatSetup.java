package io.cryptowrapper.api;

import io.cryptowrapper.settings.CryptoSettings;
import org.apache.catalina.core.StandardHost;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Tomcat, so set up that the largest message fits in, and that its own errors look like all others. */
@Configuration(proxyBeanMethods = false)
class TomcatSetup {

    /** The worst case of percent-encoding: each byte as three. */
    private static final int ENCODED = 3;

    /** For the headers, and so that messages somewhat too long are told so rather than cut off. */
    private static final int ROOM = 40 * 1024;

    /** Sent raw by many clients, against RFC 3986; what they mean is clear. */
    private static final String RELAXED = "\"<>[\\]^`{|}";

    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> tomcatCustomizer(CryptoSettings settings) {
        int headerSize = Math.toIntExact(settings.message().maxSize().toBytes() * ENCODED + ROOM);
        return factory -> {
            factory.addConnectorCustomizers(connector -> {
                connector.setProperty("maxHttpRequestHeaderSize", Integer.toString(headerSize));
                connector.setProperty("relaxedQueryChars", RELAXED);
                ClientErrorAdapter.installOn(connector);
            });
            factory.addEngineValves(new OverloadValve(settings.requests().maxAtOnce()));
            factory.addContextCustomizers(context -> {
                if (context.getParent() instanceof StandardHost host) {
                    host.setErrorReportValveClass(ProblemReportValve.class.getName());
                }
            });
        };
    }
}
