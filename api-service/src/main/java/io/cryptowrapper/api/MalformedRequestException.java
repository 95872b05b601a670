package io.cryptowrapper.api;

import org.springframework.http.HttpStatus;

/** A request that cannot be taken; its message names the fault, and quotes nothing of the request. */
final class MalformedRequestException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final HttpStatus status;

    MalformedRequestException(HttpStatus status, String detail) {
        super(detail);
        this.status = status;
    }

    /** Of all faults that have no status of their own. */
    static MalformedRequestException bad(String detail) {
        return new MalformedRequestException(HttpStatus.BAD_REQUEST, detail);
    }

    HttpStatus status() {
        return status;
    }
}
