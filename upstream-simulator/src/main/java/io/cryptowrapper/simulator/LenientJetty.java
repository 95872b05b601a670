package io.cryptowrapper.simulator;

import com.github.tomakehurst.wiremock.core.Options;
import com.github.tomakehurst.wiremock.http.AdminRequestHandler;
import com.github.tomakehurst.wiremock.http.StubRequestHandler;
import com.github.tomakehurst.wiremock.jetty11.Jetty11HttpServer;
import java.io.IOException;
import java.util.regex.Pattern;
import wiremock.jakarta.servlet.ServletException;
import wiremock.jakarta.servlet.http.HttpServletRequest;
import wiremock.jakarta.servlet.http.HttpServletResponse;
import wiremock.org.eclipse.jetty.http.HttpURI;
import wiremock.org.eclipse.jetty.server.Handler;
import wiremock.org.eclipse.jetty.server.Request;
import wiremock.org.eclipse.jetty.server.handler.HandlerWrapper;

/** WireMock's web server, except that broken queries reach the simulator and that closing it ends all its threads. */
final class LenientJetty extends Jetty11HttpServer {

    LenientJetty(Options options, AdminRequestHandler admin, StubRequestHandler stubs) {
        super(options, admin, stubs);
    }

    @Override
    protected Handler createHandler(Options options, AdminRequestHandler admin, StubRequestHandler stubs) {
        BrokenEscapes handler = new BrokenEscapes();
        handler.setHandler(super.createHandler(options, admin, stubs));
        return handler;
    }

    @Override
    public void stop() {
        super.stop();
        // WireMock lets delayed answers wait on, and with them threads that would keep the program alive.
        scheduledExecutorService.shutdownNow();
    }

    /**
     * Replaces each broken escape by the escape of a byte that UTF-8 does not have: {@link Query} takes the one as
     * badly as the other, whereas WireMock answers the former with a stack trace before anything of ours is asked.
     */
    private static final class BrokenEscapes extends HandlerWrapper {

        private static final Pattern BROKEN_ESCAPE = Pattern.compile("%(?![0-9A-Fa-f]{2})");

        @Override
        public void handle(String target, Request base, HttpServletRequest request, HttpServletResponse response)
                throws IOException, ServletException {
            String query = base.getQueryString();
            if (query != null) {
                String readable = BROKEN_ESCAPE.matcher(query).replaceAll("%FF");
                base.setHttpURI(HttpURI.build(base.getHttpURI()).query(readable).asImmutable());
            }
            super.handle(target, base, request, response);
        }
    }
}
