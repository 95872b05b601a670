package io.cryptowrapper.api;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import org.apache.coyote.ActionCode;
import org.apache.coyote.InputBuffer;
import org.apache.coyote.Request;
import org.apache.tomcat.util.net.ApplicationBufferHandler;
import org.jspecify.annotations.Nullable;

/**
 * What comes of a request's body: where it breaks off, it ends, and the reader asks why.
 *
 * <p>Otherwise Tomcat takes it for a failure of the whole request and answers by itself; it does not get along then
 * with a reader on a thread that is not its own.
 */
final class BodyInput implements InputBuffer {

    private static final String ATTRIBUTE = BodyInput.class.getName();

    private final InputBuffer input;
    private volatile @Nullable IOException failure;

    private BodyInput(InputBuffer input) {
        this.input = input;
    }

    /** To be called for each request, before any of its body is read. */
    static void installOn(Request request) {
        InputBuffer installed = request.getInputBuffer();
        var input = new BodyInput(installed instanceof BodyInput earlier ? earlier.input : installed);
        request.setInputBuffer(input);
        request.setAttribute(ATTRIBUTE, input);
    }

    /**
     * Called by the body's reader, at its end.
     *
     * @throws IOException why the body has ended before it was complete
     */
    static void requireWhole(HttpServletRequest request) throws IOException {
        IOException failure = request.getAttribute(ATTRIBUTE) instanceof BodyInput input ? input.failure : null;
        if (failure != null) {
            throw failure;
        }
    }

    /** When the request has been answered: no thread waits for the rest of a body of which nothing came any more. */
    static void end(Request request) {
        if (request.getInputBuffer() instanceof BodyInput input && input.failure != null) {
            request.action(ActionCode.DISABLE_SWALLOW_INPUT, null);
        }
    }

    @Override
    public int doRead(ApplicationBufferHandler handler) throws IOException {
        if (failure != null) {
            return -1;
        }
        try {
            return input.doRead(handler);
        } catch (IOException e) {
            failure = e;
            return -1;
        }
    }

    @Override
    public int available() {
        return failure == null ? input.available() : 0;
    }
}
