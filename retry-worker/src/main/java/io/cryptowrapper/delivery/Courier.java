package io.cryptowrapper.delivery;

import io.cryptowrapper.broker.NotConfirmedException;
import io.cryptowrapper.callbacks.Callback;
import io.cryptowrapper.callbacks.CallbackPublisher;
import io.cryptowrapper.callbacks.CallbackTopology;
import io.cryptowrapper.callbacks.TakenCallback;
import io.cryptowrapper.callbacks.UnreadableCallbackException;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpException;

/**
 * Delivers one callback that was taken: due? → a place at its host → one attempt → settle it by the outcome.
 *
 * <p>A callback is acknowledged only after its outcome is safe: the receiver has it, or the broker has the next
 * attempt, or the parking queue has it. So it may come twice, with the same id, and never not at all.
 */
final class Courier {

    private static final Logger log = LoggerFactory.getLogger(Courier.class);

    private static final Duration BROKER_PATIENCE = Duration.ofSeconds(5);
    private static final Duration FIRST_PAUSE_IN_TROUBLE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE_IN_TROUBLE = Duration.ofMinutes(1);
    private static final Duration LONGEST_DEFERRAL = Duration.ofMinutes(5);

    private final CallbackHttp http;
    private final CallbackPublisher publisher;
    private final CallbackTopology topology;
    private final Schedule schedule;
    private final Receivers receivers;
    private final Clock clock;
    private final MeterRegistry meters;

    Courier(
            CallbackHttp http,
            CallbackPublisher publisher,
            CallbackTopology topology,
            Schedule schedule,
            Receivers receivers,
            Clock clock,
            MeterRegistry meters) {
        this.http = http;
        this.publisher = publisher;
        this.topology = topology;
        this.schedule = schedule;
        this.receivers = receivers;
        this.clock = clock;
        this.meters = meters;
    }

    /**
     * Works on it until it is settled, or somebody else has it.
     *
     * @throws AmqpException if the broker was lost before it was settled: it comes again
     */
    void deliver(TakenCallback taken) throws InterruptedException {
        Callback callback;
        try {
            callback = taken.read();
        } catch (UnreadableCallbackException e) {
            String reason = String.valueOf(e.getMessage());
            log.warn("A callback is parked, {}", reason);
            settle(taken, () -> publisher.park(taken.payload(), reason, BROKER_PATIENCE));
            return;
        }
        if (!schedule.isAtOnce(callback) && !topology.isDue(callback.left(clock.instant()))) {
            settle(taken, () -> publisher.publish(callback, BROKER_PATIENCE));
        } else if (receivers.enter(callback.host())) {
            Outcome outcome;
            try {
                outcome = http.post(callback);
            } catch (RuntimeException e) {
                log.error("Callback {}: an error that was not foreseen", callback.id(), e);
                outcome = Outcome.Failed.because("an error that was not foreseen");
            } finally {
                receivers.leave(callback.host());
            }
            settle(taken, callback, outcome);
        } else {
            settle(taken, () -> publisher.defer(callback, deferral(callback), BROKER_PATIENCE));
        }
    }

    private void settle(TakenCallback taken, Callback callback, Outcome outcome) throws InterruptedException {
        switch (outcome) {
            case Outcome.Delivered(int status) -> {
                taken.ack();
                ended(callback, "delivered", "delivered, " + status);
            }
            case Outcome.Gone() -> {
                taken.ack();
                ended(callback, "gone", "not wanted any more, 410");
            }
            case Outcome.Failed(String reason, Optional<Duration> pause) -> {
                meters.counter("callbacks.attempts.failed").increment();
                Optional<Callback> next = schedule.next(callback, pause, clock.instant());
                if (next.isPresent()) {
                    log.debug(
                            "Callback {} to {}: attempt {} failed, {}",
                            callback.id(),
                            callback.host(),
                            callback.attempt(),
                            reason);
                    settle(taken, () -> publisher.publish(next.get(), BROKER_PATIENCE));
                } else {
                    settle(taken, () -> publisher.park(taken.payload(), reason, BROKER_PATIENCE));
                    ended(callback, "parked", "parked, " + reason);
                }
            }
        }
    }

    private void ended(Callback callback, String outcome, String words) {
        meters.counter("callbacks.ended", "outcome", outcome).increment();
        log.info("Callback {} to {}: {} at attempt {}", callback.id(), callback.host(), words, callback.attempt());
    }

    /**
     * Until the broker has what comes next: given back to it, the callback would be posted again at once. Less and less
     * often, as what was not confirmed may be a copy that it has.
     */
    private static void settle(TakenCallback taken, Runnable publishing) throws InterruptedException {
        Duration pause = FIRST_PAUSE_IN_TROUBLE;
        while (true) {
            try {
                publishing.run();
                taken.ack();
                return;
            } catch (NotConfirmedException e) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new InterruptedException();
                }
                if (!taken.isHeld()) {
                    throw new AmqpException(String.valueOf(e.getMessage()), e);
                }
                Thread.sleep(pause);
                pause = pause.multipliedBy(2);
                pause = pause.compareTo(LONGEST_PAUSE_IN_TROUBLE) < 0 ? pause : LONGEST_PAUSE_IN_TROUBLE;
            }
        }
    }

    /** As long as it has been due already: the more of them wait for a slow host, the less often each is looked at. */
    private Duration deferral(Callback callback) {
        Duration late = callback.left(clock.instant()).negated();
        return late.compareTo(LONGEST_DEFERRAL) < 0 ? late : LONGEST_DEFERRAL;
    }
}
