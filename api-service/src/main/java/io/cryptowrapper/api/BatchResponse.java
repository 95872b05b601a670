package io.cryptowrapper.api;

import io.cryptowrapper.signing.Message;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.SequenceWriter;
import tools.jackson.databind.json.JsonMapper;

/** Writes what a client is told of a batch: an array with one object for each message, as they came. */
final class BatchResponse {

    /** Who reads so slowly gets an answer that is cut short. */
    private static final Duration LONGEST = Duration.ofSeconds(20);

    private BatchResponse() {}

    /** Writes it piece by piece, and closes nothing. */
    static void write(Batch batch, JsonMapper json, OutputStream out) throws IOException {
        long deadline = System.nanoTime() + LONGEST.toNanos();
        // Not closed when it fails, which would end the array: what was cut short is not to look whole.
        try {
            SequenceWriter array = json.writer().writeValuesAsArray(new Unclosed(out));
            for (Message message : batch.messages()) {
                if (System.nanoTime() - deadline > 0) {
                    throw new IOException("the client reads too slowly");
                }
                array.write(element(message, batch.outcomeOf(message)));
            }
            array.close();
        } catch (JacksonException e) {
            throw new IOException(e);
        }
    }

    private static Object element(Message message, Batch.Outcome outcome) {
        return switch (outcome) {
            case Batch.Outcome.Told(Answer answer) -> answer.to(message);
            case Batch.Outcome.Refused(var reason) -> Refusal.of(message, null, reason);
        };
    }

    /** The response is closed by whoever opened it. */
    private static final class Unclosed extends OutputStream {

        private final OutputStream out;

        private Unclosed(OutputStream out) {
            this.out = out;
        }

        @Override
        public void write(int b) throws IOException {
            out.write(b);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            out.write(bytes, from, length);
        }
    }
}
