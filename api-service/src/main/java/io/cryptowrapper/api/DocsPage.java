package io.cryptowrapper.api;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.nio.file.Path;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.http.CacheControl;
import org.springframework.web.servlet.HandlerInterceptor;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.ResourceHandlerRegistry;
import org.springframework.web.servlet.config.annotation.ViewControllerRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/**
 * A page at {@code /docs/} on which people read the description and try it out. Only {@code ./run} brings one with it,
 * and says in which directory: it is no setting for operators, and in no image.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(DocsPage.DIRECTORY)
class DocsPage implements WebMvcConfigurer {

    static final String DIRECTORY = "crypto.docs.page";

    private static final String PATH = "/docs/";

    /** Nothing from elsewhere, and nothing to elsewhere; the page sets styles of its own and has pictures in them. */
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
            + " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final String files;

    DocsPage(Environment environment) {
        this.files = Path.of(environment.getRequiredProperty(DIRECTORY)).toUri().toString();
    }

    @Override
    public void addResourceHandlers(ResourceHandlerRegistry registry) {
        registry.addResourceHandler(PATH + "**").addResourceLocations(files).setCacheControl(CacheControl.noCache());
    }

    @Override
    public void addViewControllers(ViewControllerRegistry registry) {
        registry.addViewController(PATH).setViewName("forward:" + PATH + "index.html");
        registry.addRedirectViewController("/docs", PATH);
    }

    @Override
    public void addInterceptors(InterceptorRegistry registry) {
        registry.addInterceptor(new Protection()).addPathPatterns(PATH + "**");
    }

    private static final class Protection implements HandlerInterceptor {

        @Override
        public boolean preHandle(HttpServletRequest request, HttpServletResponse response, Object handler) {
            response.setHeader("Content-Security-Policy", POLICY);
            response.setHeader("X-Content-Type-Options", "nosniff");
            response.setHeader("Referrer-Policy", "no-referrer");
            return true;
        }
    }
}
