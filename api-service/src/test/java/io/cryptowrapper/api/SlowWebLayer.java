package io.cryptowrapper.api;

import jakarta.servlet.Filter;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.springframework.context.annotation.Bean;

/** Requests are held up before they are looked at, as the web layer of a process that has just started may do. */
class SlowWebLayer {

    static final Duration DELAY = Duration.ofMillis(900);

    /** An instance that is started with these has it. */
    static final Map<String, String> SETTINGS = Map.of("spring.main.sources", SlowWebLayer.class.getName());

    @Bean
    Filter slow() {
        return (request, response, chain) -> {
            LockSupport.parkNanos(DELAY.toNanos());
            chain.doFilter(request, response);
        };
    }
}
