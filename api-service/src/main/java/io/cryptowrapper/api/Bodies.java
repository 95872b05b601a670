package io.cryptowrapper.api;

import io.cryptowrapper.settings.CryptoSettings;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.util.FastByteArrayOutputStream;

/**
 * Receives the bodies of batches: each as large and as slow as it may be, and all together no more bytes than those
 * that are worked on may have. Who sends slowly takes no more than it has sent.
 */
@Component
class Bodies {

    private static final Duration LONGEST = Duration.ofSeconds(10);

    /** In bytes; room is taken by pieces of this size. */
    private static final int PIECE = 8 * 1024;

    private final long largest;
    private final Semaphore freePieces;

    Bodies(CryptoSettings settings, Capacity capacity) {
        this.largest = settings.batch().maxSize().toBytes();
        this.freePieces = new Semaphore(Math.toIntExact(capacity.batches() * Math.ceilDiv(largest + 1, PIECE)));
    }

    /** A body that has been received, until it is closed. */
    record Body(InputStream content, Lease room) implements AutoCloseable {

        @Override
        public void close() {
            room.close();
        }
    }

    /**
     * Looks at what a request says of its body.
     *
     * @throws MalformedRequestException if it is not worth to be received
     */
    void require(HttpServletRequest request) {
        String encoding = request.getHeader(HttpHeaders.CONTENT_ENCODING);
        if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
            throw new MalformedRequestException(
                    HttpStatus.UNSUPPORTED_MEDIA_TYPE, "The body must not be compressed (Content-Encoding).");
        }
        if (request.getContentLengthLong() > largest) {
            throw tooLarge();
        }
    }

    /**
     * Receives a body; this blocks.
     *
     * @throws MalformedRequestException if it is too large or too slow, or ends early
     * @throws NotAcceptedException if too many bytes are received already
     */
    Body receive(HttpServletRequest request) {
        long deadline = System.nanoTime() + LONGEST.toNanos();
        var received = new FastByteArrayOutputStream(PIECE);
        int[] pieces = {0};
        Lease room = new Lease(() -> freePieces.release(pieces[0]));
        boolean whole = false;
        try {
            InputStream in = request.getInputStream();
            byte[] buffer = new byte[PIECE];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                if (received.size() + (long) count > largest) {
                    throw tooLarge();
                }
                if (System.nanoTime() - deadline > 0) {
                    throw tooSlow();
                }
                int needed = Math.ceilDiv(received.size() + count, PIECE) - pieces[0];
                if (!freePieces.tryAcquire(needed)) {
                    throw NotAcceptedException.tooManyBatches();
                }
                pieces[0] += needed;
                received.write(buffer, 0, count);
            }
            BodyInput.requireWhole(request);
            whole = true;
            return new Body(received.getInputStream(), room);
        } catch (SocketTimeoutException silent) {
            throw tooSlow();
        } catch (IOException e) {
            throw MalformedRequestException.bad("The body ended before it was complete, or its chunks are malformed.");
        } finally {
            if (!whole) {
                room.close();
            }
        }
    }

    private MalformedRequestException tooLarge() {
        return new MalformedRequestException(
                HttpStatus.CONTENT_TOO_LARGE, "The body has more than " + largest + " bytes (CRYPTO_BATCH_MAX_SIZE).");
    }

    private static MalformedRequestException tooSlow() {
        return new MalformedRequestException(
                HttpStatus.REQUEST_TIMEOUT,
                "The body came too slowly: all of it must be there within " + LONGEST.toSeconds() + " seconds.");
    }
}
