package io.cryptowrapper.simulator;

import java.time.Instant;

/**
 * An arrival at {@code /crypto/sign}, whatever became of it.
 *
 * @param at when it arrived, by the wall clock
 * @param nanos when it arrived, by the simulator's monotonic clock ({@link System#nanoTime()} unless a test set
 *     another)
 * @param message what was to be signed; empty if the call carried no readable message
 * @param status the status it was answered with; 0 if its connection was reset instead
 */
public record Call(Instant at, long nanos, String message, int status) {}
