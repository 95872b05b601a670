package io.cryptowrapper.api;

import jakarta.servlet.ServletRequest;
import java.util.Optional;

/**
 * The client that a request comes from, known by its key.
 *
 * @param name as the file of the keys has it
 */
record Client(String name) {

    private static final String ATTRIBUTE = Client.class.getName();

    /** The client of a request; nothing where no client needs a key. */
    static Optional<Client> of(ServletRequest request) {
        return Optional.ofNullable((Client) request.getAttribute(ATTRIBUTE));
    }

    /** From now on the request is known to be this client's. */
    void attachTo(ServletRequest request) {
        request.setAttribute(ATTRIBUTE, this);
    }
}
