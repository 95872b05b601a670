package io.cryptowrapper.api;

import jakarta.servlet.ServletException;
import java.io.IOException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.SemaphoreValve;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;

/**
 * Lets in so many requests at the same time and refuses the others at once: who waited for a place would be answered
 * too late, and make the next one late.
 */
final class OverloadValve extends SemaphoreValve {

    /** Those who are let in are done by then. */
    private static final String COME_BACK_AFTER_SECONDS = "2";

    private static final String DETAIL =
            "As many requests are worked on as may be (CRYPTO_REQUESTS_MAX_AT_ONCE). Nothing is promised: send it again"
                    + " later.";

    OverloadValve(int places) {
        setConcurrency(places);
        setBlock(false);
    }

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
        Deadline.noteArrival(request);
        super.invoke(request, response);
    }

    /** A held answer takes no place while it is held, and is not refused when it is ready. */
    @Override
    public boolean controlConcurrency(Request request, Response response) {
        return !request.isAsyncDispatching();
    }

    @Override
    public void permitDenied(Request request, Response response) throws IOException {
        response.setHeader(HttpHeaders.RETRY_AFTER, COME_BACK_AFTER_SECONDS);
        response.setStatus(HttpStatus.SERVICE_UNAVAILABLE.value());
        ProblemReportValve.write(response, HttpStatus.SERVICE_UNAVAILABLE, DETAIL);
    }
}
