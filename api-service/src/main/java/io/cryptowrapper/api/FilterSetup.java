package io.cryptowrapper.api;

import io.cryptowrapper.settings.ClientKey;
import io.cryptowrapper.settings.CryptoSettings;
import java.net.InetAddress;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.core.Ordered;
import org.springframework.web.servlet.HandlerExceptionResolver;

/**
 * What a request for the clients' port passes before anything is done for it. Health and metrics, on the port for
 * operators, need no key.
 */
@Configuration(proxyBeanMethods = false)
class FilterSetup {

    private static final Logger log = LoggerFactory.getLogger(FilterSetup.class);

    /** After Spring Boot's own, which count the requests. */
    private static final int ORDER = Ordered.HIGHEST_PRECEDENCE + 100;

    private final CryptoSettings settings;
    private final ServerProperties server;
    private final List<ClientKey> keys;

    FilterSetup(CryptoSettings settings, ServerProperties server) {
        this.settings = settings;
        this.server = server;
        this.keys = settings.client().keys();
    }

    @Bean
    FilterRegistrationBean<CrossOriginFilter> crossOriginFilter() {
        var filter = new FilterRegistrationBean<>(new CrossOriginFilter(settings.cors()));
        filter.setOrder(ORDER);
        filter.setEnabled(!settings.cors().origins().isEmpty());
        return filter;
    }

    @Bean
    FilterRegistrationBean<ClientKeyFilter> clientKeyFilter(
            @Qualifier("handlerExceptionResolver") HandlerExceptionResolver errors) {
        var known = new ClientKeys(keys, settings.client().quota().window(), System::nanoTime);
        var filter = new FilterRegistrationBean<>(new ClientKeyFilter(known, errors));
        filter.setOrder(ORDER + 1);
        filter.setEnabled(!keys.isEmpty());
        return filter;
    }

    @EventListener(ApplicationReadyEvent.class)
    void sayWhoMayUseIt() {
        InetAddress address = server.getAddress();
        if (!keys.isEmpty()) {
            log.info("Clients need a key; the number of keys is {}", keys.size());
        } else if (address == null || !address.isLoopbackAddress()) {
            log.info(
                    "Whoever reaches {} may use the API, as clients need no key: CRYPTO_CLIENT_KEYS_FILE is not set",
                    address == null ? "any address of this machine" : address.getHostAddress());
        }
    }
}
