package io.cryptowrapper.api;

import io.cryptowrapper.settings.CorsSettings;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Tells browsers which web pages may use the API, and what these may send and read (the CORS protocol of the Fetch
 * standard). It refuses nothing: an answer for a page that may not read it is kept from it by the browser.
 *
 * <p>Whether a browser may send a request it asks before, without a key; so this is answered before the key is looked
 * at.
 */
final class CrossOriginFilter extends OncePerRequestFilter {

    private static final String METHODS = "GET, POST";

    private static final String REQUEST_HEADERS = String.join(
            ", ",
            HttpHeaders.ACCEPT,
            HttpHeaders.AUTHORIZATION,
            HttpHeaders.CONTENT_TYPE,
            HttpHeaders.IF_NONE_MATCH,
            RequestOptions.LAST_EVENT,
            Preferences.HEADER);

    private static final String RESPONSE_HEADERS = String.join(
            ", ",
            AnswerHeaders.CACHE_STATUS,
            HttpHeaders.ETAG,
            HttpHeaders.LOCATION,
            Preferences.APPLIED,
            RateLimit.HEADER,
            RateLimit.POLICY_HEADER,
            HttpHeaders.RETRY_AFTER);

    private static final String SECONDS_REMEMBERED = "600";

    private final CorsSettings settings;

    CrossOriginFilter(CorsSettings settings) {
        this.settings = settings;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        if (!settings.all()) {
            response.addHeader(HttpHeaders.VARY, HttpHeaders.ORIGIN);
        }
        String allowed = allowed(request.getHeader(HttpHeaders.ORIGIN));
        if (allowed == null) {
            chain.doFilter(request, response);
            return;
        }
        response.setHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        if (asksWhetherItMay(request)) {
            response.setHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            response.setHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
            response.setHeader(HttpHeaders.ACCESS_CONTROL_MAX_AGE, SECONDS_REMEMBERED);
            response.setStatus(HttpServletResponse.SC_NO_CONTENT);
            return;
        }
        response.setHeader(HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS);
        chain.doFilter(request, response);
    }

    private @Nullable String allowed(@Nullable String origin) {
        if (origin == null) {
            return null;
        }
        if (settings.all()) {
            return "*";
        }
        return settings.origins().contains(origin) ? origin : null;
    }

    private static boolean asksWhetherItMay(HttpServletRequest request) {
        return HttpMethod.OPTIONS.matches(request.getMethod())
                && request.getHeader(HttpHeaders.ACCESS_CONTROL_REQUEST_METHOD) != null;
    }
}
