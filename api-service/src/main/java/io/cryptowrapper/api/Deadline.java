package io.cryptowrapper.api;

import jakarta.servlet.ServletRequest;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The moment by which an answer is due, and what to answer should it be missed. */
final class Deadline {

    /** The two seconds, less what the way to the client takes. */
    private static final Duration TIME_TO_ANSWER = Duration.ofMillis(1850);

    /** All steps are planned to end by then, when none is slower than it may be. */
    private static final Duration TIME_FOR_ALL_STEPS = Duration.ofMillis(1800);

    private static final String ARRIVAL = Deadline.class.getName();
    private static final Duration MARGIN = TIME_TO_ANSWER.minus(TIME_FOR_ALL_STEPS);
    private static final Duration TIME_TO_WRITE_A_BATCH = Duration.ofMillis(150);
    private static final Duration TIME_FOR_ONE_OF_MANY = MARGIN.plusMillis(20);

    private final long nanos;
    private volatile @Nullable Answer otherwise;

    private Deadline(long nanos) {
        this.nanos = nanos;
    }

    /** Begins to count, as early as a request is seen: a process that has just started may take long until it looks. */
    static void noteArrival(ServletRequest request) {
        request.setAttribute(ARRIVAL, System.nanoTime());
    }

    /** That of an answer, counted from the request's arrival. */
    static Deadline ofAnswer(ServletRequest request) {
        return request.getAttribute(ARRIVAL) instanceof Long arrival
                ? new Deadline(arrival + TIME_FOR_ALL_STEPS.toNanos())
                : ofAnswer();
    }

    /** That of an answer, counted from now. */
    static Deadline ofAnswer() {
        return in(TIME_FOR_ALL_STEPS);
    }

    /** That of many answers which are told together, and take longer to be written. */
    static Deadline ofBatch() {
        return in(TIME_FOR_ALL_STEPS.minus(TIME_TO_WRITE_A_BATCH));
    }

    static Deadline in(Duration time) {
        return new Deadline(System.nanoTime() + time.toNanos());
    }

    /** That of one of many: when it is missed, there is time left to tell so. */
    Deadline ofOne() {
        return new Deadline(nanos - TIME_FOR_ONE_OF_MANY.toNanos());
    }

    /** The time until who waits should wait no more, because a step was slower than it may be. */
    Duration untilMissed() {
        long left = nanos - System.nanoTime() + MARGIN.toNanos();
        return Duration.ofNanos(Math.max(0, left));
    }

    /** The time that is left when {@code reserve} is kept for what comes after; not less than nothing. */
    Duration leaving(Duration reserve) {
        long left = nanos - System.nanoTime() - reserve.toNanos();
        return Duration.ofNanos(Math.max(0, left));
    }

    /** The time that is left, but at most {@code limit}. */
    Duration atMost(Duration limit) {
        Duration left = leaving(Duration.ZERO);
        return left.compareTo(limit) < 0 ? left : limit;
    }

    /** From now on {@code answer} is true, if not as good as the one that is still being made. */
    void otherwise(Answer answer) {
        otherwise = answer;
    }

    /** What is true by now; nothing if nothing is. */
    @Nullable
    Answer otherwise() {
        return otherwise;
    }
}
