package io.cryptowrapper.api;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
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
        HttpStatus status = HttpStatus.resolve(code);
        String title = status == null ? "Error" : status.getReasonPhrase();
        String detail = code == 400
                ? "The request is not valid HTTP, its target has a character that must be percent-encoded,"
                        + " or its headers are too long."
                : title + ".";
        try {
            response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
            response.setCharacterEncoding(StandardCharsets.UTF_8);
            Writer writer = response.getReporter();
            if (writer != null) {
                writer.write("{\"detail\":\"" + detail + "\",\"status\":" + code + ",\"title\":\"" + title + "\"}");
                response.finishResponse();
            }
        } catch (IOException e) {
            // The client is gone.
        }
    }
}
