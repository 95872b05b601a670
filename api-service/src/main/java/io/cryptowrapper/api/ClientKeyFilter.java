package io.cryptowrapper.api;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.Optional;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.servlet.HandlerExceptionResolver;

/**
 * Lets requests of known clients through, as many as each may make: whatever they ask for, and once, though a held
 * answer comes by again.
 */
final class ClientKeyFilter extends OncePerRequestFilter {

    private final ClientKeys keys;
    private final HandlerExceptionResolver errors;

    /** @param errors what tells clients of errors as {@link ApiErrors} has it */
    ClientKeyFilter(ClientKeys keys, HandlerExceptionResolver errors) {
        this.keys = keys;
        this.errors = errors;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        Optional<ClientKeys.Known> key = keys.find(Collections.list(request.getHeaders(HttpHeaders.AUTHORIZATION)));
        if (key.isEmpty()) {
            refuse(request, response, HttpStatus.UNAUTHORIZED, new NoClientKeyException());
            return;
        }
        ClientQuota.Taken taken = key.get().quota().take();
        taken.rateLimit().addTo(response);
        if (!taken.granted()) {
            refuse(request, response, HttpStatus.TOO_MANY_REQUESTS, new QuotaUsedUpException(taken));
            return;
        }
        key.get().client().attachTo(request);
        key.get().quota().attachTo(request);
        chain.doFilter(request, response);
    }

    private void refuse(
            HttpServletRequest request, HttpServletResponse response, HttpStatus status, RuntimeException reason)
            throws IOException {
        if (errors.resolveException(request, response, null, reason) == null) {
            // It names the address that was asked for, and some are none: //
            response.sendError(status.value());
        }
    }
}
