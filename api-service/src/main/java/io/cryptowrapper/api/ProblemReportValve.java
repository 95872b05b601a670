package io.cryptowrapper.api;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;

/**
 * Reports what Tomcat refuses by itself, before Spring sees it, as a problem too: a request line that is no HTTP, or
 * headers that are too long. Public because Tomcat makes it by its name.
 */
public class ProblemReportValve extends ErrorReportValve {

    @Override
    protected void report(Request request, Response response, @Nullable Throwable error) {
        int code = response.getStatus();
        // Reported already, not an error, or too late.
        if (code < 400 || response.getContentWritten() > 0 || !response.setErrorReported()) {
            return;
        }
        // A method that nobody knows (501) is the client's mistake.
        HttpStatus status = code == HttpStatus.NOT_IMPLEMENTED.value()
                ? HttpStatus.BAD_REQUEST
                : Objects.requireNonNullElse(HttpStatus.resolve(code), HttpStatus.INTERNAL_SERVER_ERROR);
        response.setStatus(status.value());
        write(
                response,
                status,
                status == HttpStatus.BAD_REQUEST
                        ? "The request is not valid HTTP, its target has a character that must be percent-encoded,"
                                + " or its headers are too long."
                        : status.getReasonPhrase() + ".");
    }

    /** Answers with a problem (RFC 9457) where Spring does not; {@code detail} needs no escapes in JSON. */
    static void write(Response response, HttpStatus status, String detail) {
        try {
            response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
            response.setCharacterEncoding(StandardCharsets.UTF_8);
            Writer writer = response.getReporter();
            if (writer != null) {
                writer.write("{\"detail\":\"" + detail + "\",\"status\":" + status.value() + ",\"title\":\""
                        + status.getReasonPhrase() + "\"}");
                response.finishResponse();
            }
        } catch (IOException e) {
            // The client is gone.
        }
    }
}
