package io.cryptowrapper.api;

import io.cryptowrapper.settings.CryptoSettings.Requests;
import io.cryptowrapper.settings.CryptoSettings.Waiting;

/**
 * How many clients one API takes at the same time, so that its heap holds them all.
 *
 * @param connections of all clients
 * @param requests that are worked on: fewer, so that there are connections for those who are told that it is too many
 * @param waits answers that are held: fewer, so that there are connections for those who do not wait
 */
record Capacity(long connections, int requests, int waits) {

    /** How much of the heap all connections together may take: one part of so many. */
    private static final int SHARE_OF_HEAP = 2;

    /**
     * The capacity of a heap, though a request is worked on or held for each connection.
     *
     * @param perConnection how many bytes it takes then
     */
    static Capacity of(Requests requests, Waiting waiting, long mostConnections, long heap, long perConnection) {
        long connections = Math.min(mostConnections, heap / SHARE_OF_HEAP / perConnection);
        return new Capacity(
                connections, within(requests.maxAtOnce(), connections), within(waiting.maxAtOnce(), connections));
    }

    private static int within(int wanted, long connections) {
        return Math.toIntExact(Math.min(wanted, connections * 3 / 4));
    }
}
