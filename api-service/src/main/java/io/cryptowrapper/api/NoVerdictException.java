package io.cryptowrapper.api;

import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Obstacle;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/** Whether a signature is valid cannot be told now. */
final class NoVerdictException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final HttpStatus status;
    private final transient @Nullable Duration comeBackAfter;

    private NoVerdictException(HttpStatus status, String detail, @Nullable Duration comeBackAfter) {
        super(detail);
        this.status = status;
        this.comeBackAfter = comeBackAfter;
    }

    /** The upstream was not asked. */
    static NoVerdictException notAsked(Obstacle why, Duration comeBackAfter) {
        return new NoVerdictException(
                HttpStatus.SERVICE_UNAVAILABLE,
                "The upstream was not asked to verify: " + why.reason() + ".",
                comeBackAfter);
    }

    /**
     * The upstream was asked, and has not said it.
     *
     * @param retryAfter when it wants to be asked again, if it said so
     */
    static NoVerdictException failed(Failure failure, @Nullable Duration retryAfter) {
        HttpStatus status = failure.statusCode() == 504 ? HttpStatus.GATEWAY_TIMEOUT : HttpStatus.BAD_GATEWAY;
        return new NoVerdictException(status, failure.body(), retryAfter);
    }

    HttpStatus status() {
        return status;
    }

    /** When it is worth another try; null if nobody knows. */
    @Nullable
    Duration comeBackAfter() {
        return comeBackAfter;
    }
}
