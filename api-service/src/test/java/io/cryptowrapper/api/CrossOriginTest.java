package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.settings.CorsSettings;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.mock.web.MockFilterChain;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

/** What browsers are told about which pages may use the API. */
class CrossOriginTest {

    private static final String ORIGIN = "https://app.example.com";

    private final MockFilterChain beyond = new MockFilterChain();
    private final MockHttpServletResponse response = new MockHttpServletResponse();

    @Test
    void a_listed_page_may_read_the_answer_and_the_headers_that_matter() throws Exception {
        send(request("GET", ORIGIN), "http://localhost:3000", ORIGIN);

        assertThat(wasLetThrough()).isTrue();
        assertThat(response.getHeader("Access-Control-Allow-Origin")).isEqualTo(ORIGIN);
        assertThat(response.getHeader("Access-Control-Expose-Headers"))
                .isEqualTo(
                        "Cache-Status, ETag, Location, Preference-Applied, RateLimit, RateLimit-Policy, Retry-After");
        assertThat(response.getHeader("Access-Control-Allow-Credentials")).isNull();
        assertThat(response.getHeaders("Vary")).containsExactly("Origin");
    }

    @Test
    void a_browser_that_asks_first_is_told_what_such_a_page_may_send() throws Exception {
        send(asking(ORIGIN), ORIGIN);

        assertThat(wasLetThrough()).isFalse();
        assertThat(response.getStatus()).isEqualTo(204);
        assertThat(response.getHeader("Access-Control-Allow-Origin")).isEqualTo(ORIGIN);
        assertThat(response.getHeader("Access-Control-Allow-Methods")).isEqualTo("GET, POST");
        assertThat(response.getHeader("Access-Control-Allow-Headers"))
                .isEqualTo("Accept, Authorization, Content-Type, If-None-Match, Last-Event-ID, Prefer");
        assertThat(response.getHeader("Access-Control-Max-Age")).isEqualTo("600");
        assertThat(response.getHeaders("Vary")).containsExactly("Origin");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://evil.example.com",
                "http://app.example.com",
                "https://app.example.com:8443",
                "https://app.example.com.evil.org",
                "https://APP.example.com",
                "https://app.example.com, https://app.example.com",
                "null",
                "*",
                "",
                "://"
            })
    void no_other_page_is_told_anything_and_its_requests_are_like_all_others(String origin) throws Exception {
        send(asking(origin), ORIGIN);

        assertThat(wasLetThrough()).isTrue();
        assertThat(response.getHeaderNames()).containsExactly("Vary");
    }

    @Test
    void where_all_may_the_answer_is_the_same_for_all() throws Exception {
        send(request("GET", "https://anywhere.example.org"), "*");

        assertThat(response.getHeader("Access-Control-Allow-Origin")).isEqualTo("*");
        assertThat(response.getHeader("Vary")).isNull();
    }

    @Test
    void a_request_of_no_page_gets_no_such_header() throws Exception {
        send(new MockHttpServletRequest("GET", "/crypto/sign"), "*");

        assertThat(wasLetThrough()).isTrue();
        assertThat(response.getHeaderNames()).isEmpty();
    }

    @Test
    void an_options_request_that_asks_nothing_is_let_through() throws Exception {
        send(request("OPTIONS", ORIGIN), ORIGIN);

        assertThat(wasLetThrough()).isTrue();
    }

    private void send(MockHttpServletRequest request, String... origins) throws Exception {
        new CrossOriginFilter(new CorsSettings(List.of(origins))).doFilter(request, response, beyond);
    }

    private boolean wasLetThrough() {
        return beyond.getRequest() != null;
    }

    private static MockHttpServletRequest asking(String origin) {
        MockHttpServletRequest request = request("OPTIONS", origin);
        request.addHeader("Access-Control-Request-Method", "POST");
        request.addHeader("Access-Control-Request-Headers", "authorization,prefer");
        return request;
    }

    private static MockHttpServletRequest request(String method, String origin) {
        var request = new MockHttpServletRequest(method, "/crypto/sign");
        request.addHeader("Origin", origin);
        return request;
    }
}
