package io.cryptowrapper.api;

import io.cryptowrapper.api.Answered.Source;
import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.Obstacle;
import io.cryptowrapper.signing.SigningStatus;
import io.cryptowrapper.signing.UpstreamOutcome;
import io.cryptowrapper.upstream.Grant;
import io.cryptowrapper.upstream.UpstreamClient;
import io.cryptowrapper.upstream.UpstreamQuota;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/**
 * The one call for a new message, made while its client waits.
 *
 * <p>A call that takes longer than the client can wait goes on: the message is queued, and if the signature comes after
 * all, it is stored, and the queued copy is dropped when its turn comes.
 */
@Component
class FirstCall {

    /** Said where the caller who claimed a message has vanished. */
    static final Failure OVERTAKEN =
            new Failure(504, "The first call of the upstream has not come to an end in time. The message is queued.");

    private final UpstreamQuota quota;
    private final UpstreamClient upstream;
    private final Acceptance acceptance;
    private final CryptoSettings settings;

    FirstCall(UpstreamQuota quota, UpstreamClient upstream, Acceptance acceptance, CryptoSettings settings) {
        this.quota = quota;
        this.upstream = upstream;
        this.acceptance = acceptance;
        this.settings = settings;
    }

    /**
     * Calls the upstream if its budget allows it and not too many calls wait for its answer, and sees to it that the
     * message is signed, rejected or queued.
     *
     * @param reserve the time before the deadline that is not spent on waiting for the upstream
     */
    Answered make(Message message, Deadline deadline, Duration reserve) {
        if (!upstream.hasRoom()) {
            return notCalled(message, Obstacle.TOO_MANY_CALLS, deadline);
        }
        UpstreamQuota.Permission permission;
        try {
            permission = quota.takeForFirstCall();
        } catch (DataAccessException redisIsDown) {
            return notCalled(message, Obstacle.QUOTA_UNKNOWN, deadline);
        }
        return switch (permission) {
            case UpstreamQuota.Permission.Granted(Grant grant) -> call(grant, message, deadline, reserve);
            case UpstreamQuota.Permission.Wait used -> notCalled(message, Obstacle.QUOTA_USED_UP, deadline);
        };
    }

    private Answered call(Grant grant, Message message, Deadline deadline, Duration reserve) {
        Duration patience = settings.api().timeout();
        Duration left = deadline.leaving(reserve);
        Duration wait = left.compareTo(patience) < 0 ? left : patience;
        CompletableFuture<UpstreamOutcome> call =
                upstream.call(grant, message, settings.retry().timeout());
        try {
            UpstreamOutcome outcome = call.get(wait.toNanos(), TimeUnit.NANOSECONDS);
            quota.heed(outcome);
            return switch (outcome) {
                case UpstreamOutcome.Signed(var signature) ->
                    settled(message, new SigningStatus.Signed(signature), deadline);
                case UpstreamOutcome.Rejected(var failure) ->
                    settled(message, new SigningStatus.Rejected(failure), deadline);
                case UpstreamOutcome.Failed(var failure, var retryAfter) -> failed(message, failure, deadline);
                case UpstreamOutcome.KeyRefused(var failure) -> failed(message, failure, deadline);
                case UpstreamOutcome.NotCalled(var why) -> notCalled(message, why, deadline);
            };
        } catch (TimeoutException slow) {
            var _ = call.thenAccept(outcome -> useLate(message, outcome));
            return failed(message, Failure.noAnswerWithin(wait), deadline);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return failed(message, Failure.noAnswerWithin(wait), deadline);
        } catch (ExecutionException e) {
            throw new IllegalStateException("a call never fails by an exception", e);
        }
    }

    private Answered settled(Message message, SigningStatus status, Deadline deadline) {
        return Answered.from(Source.CALLED, acceptance.settle(message, status, deadline));
    }

    private Answered failed(Message message, Failure failure, Deadline deadline) {
        return Answered.from(Source.CALLED, acceptance.accept(message, failure, deadline));
    }

    private Answered notCalled(Message message, Obstacle why, Deadline deadline) {
        return Answered.from(Source.NOT_CALLED, acceptance.accept(message, Failure.notCalled(why), deadline));
    }

    private void useLate(Message message, UpstreamOutcome outcome) {
        quota.heed(outcome);
        switch (outcome) {
            case UpstreamOutcome.Signed(var signature) ->
                acceptance.settleLate(message, new SigningStatus.Signed(signature));
            case UpstreamOutcome.Rejected(var failure) ->
                acceptance.settleLate(message, new SigningStatus.Rejected(failure));
            // The message waits in the queue already, with what its client was told.
            case UpstreamOutcome.Failed failed -> {}
            case UpstreamOutcome.KeyRefused refused -> {}
            case UpstreamOutcome.NotCalled notCalled -> {}
        }
    }
}
