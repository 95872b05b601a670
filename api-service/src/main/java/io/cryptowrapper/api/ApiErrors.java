package io.cryptowrapper.api;

import io.cryptowrapper.contract.SignResponse;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;

/** The one table from errors to HTTP: each is an RFC 9457 problem, and none shows anything of the inside. */
@RestControllerAdvice
class ApiErrors extends ResponseEntityExceptionHandler {

    private static final Logger log = LoggerFactory.getLogger(ApiErrors.class);

    @ExceptionHandler
    ResponseEntity<ProblemDetail> malformed(MalformedRequestException e) {
        return problem(e.status(), String.valueOf(e.getMessage()), new HttpHeaders());
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> notAccepted(NotAcceptedException e) {
        return later(HttpStatus.SERVICE_UNAVAILABLE, e, e.comeBackAfter());
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> noClientKey(NoClientKeyException e) {
        HttpHeaders headers = new HttpHeaders();
        headers.set(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
        return problem(HttpStatus.UNAUTHORIZED, String.valueOf(e.getMessage()), headers);
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> quotaUsedUp(QuotaUsedUpException e) {
        return later(HttpStatus.TOO_MANY_REQUESTS, e, e.comeBackAfter());
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> noVerdict(NoVerdictException e) {
        return later(e.status(), e, e.comeBackAfter());
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> unexpected(RuntimeException e) {
        log.error("A request failed in a way that was not foreseen", e);
        return problem(HttpStatus.INTERNAL_SERVER_ERROR, "The request failed; the log says why.", new HttpHeaders());
    }

    private static ResponseEntity<ProblemDetail> later(
            HttpStatus status, Exception e, @Nullable Duration comeBackAfter) {
        HttpHeaders headers = new HttpHeaders();
        if (comeBackAfter != null) {
            headers.set(HttpHeaders.RETRY_AFTER, Long.toString(SignResponse.seconds(comeBackAfter)));
        }
        return problem(status, String.valueOf(e.getMessage()), headers);
    }

    private static ResponseEntity<ProblemDetail> problem(HttpStatus status, String detail, HttpHeaders headers) {
        headers.setContentType(MediaType.APPLICATION_PROBLEM_JSON);
        return new ResponseEntity<>(ProblemDetail.forStatusAndDetail(status, detail), headers, status);
    }
}
