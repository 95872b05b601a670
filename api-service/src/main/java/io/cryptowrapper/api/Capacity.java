package io.cryptowrapper.api;

import io.cryptowrapper.settings.CryptoSettings.Batch;
import io.cryptowrapper.settings.CryptoSettings.Requests;
import io.cryptowrapper.settings.CryptoSettings.Waiting;

/**
 * How many clients one API takes at the same time, so that its heap holds them all.
 *
 * @param connections of all clients
 * @param requests that are worked on: fewer, so that there are connections for those who are told that it is too many
 * @param waits answers that are held: fewer, so that there are connections for those who do not wait
 * @param batches that are worked on
 */
record Capacity(long connections, int requests, int waits, int batches) {

    /** How much of the heap all connections together may take: one part of so many. */
    private static final int SHARE_OF_HEAP = 2;

    /** The same of all batches that are worked on; but one there always is. */
    private static final int BATCHES_SHARE_OF_HEAP = 4;

    /** A batch's body, and what it says when each character takes two bytes. */
    private static final int BODIES_PER_BATCH = 3;

    /** What the upstream has said of each message, in two bytes a character as well. */
    private static final long ANSWERS_PER_BATCH = 1000L * 2 * 16 * 1024;

    /**
     * The capacity of a heap, though a request is worked on or held for each connection.
     *
     * @param perConnection how many bytes it takes then
     */
    static Capacity of(
            Requests requests, Waiting waiting, Batch batch, long mostConnections, long heap, long perConnection) {
        long connections = Math.min(mostConnections, heap / SHARE_OF_HEAP / perConnection);
        long perBatch = batch.maxSize().toBytes() * BODIES_PER_BATCH + ANSWERS_PER_BATCH;
        long batches = Math.max(1, heap / BATCHES_SHARE_OF_HEAP / perBatch);
        return new Capacity(
                connections,
                within(requests.maxAtOnce(), connections),
                within(waiting.maxAtOnce(), connections),
                Math.toIntExact(Math.min(batch.maxAtOnce(), batches)));
    }

    private static int within(int wanted, long connections) {
        return Math.toIntExact(Math.min(wanted, connections * 3 / 4));
    }
}
