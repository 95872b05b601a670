package io.cryptowrapper.api;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.cryptowrapper.results.SignatureStore;
import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import io.cryptowrapper.signing.Obstacle;
import io.cryptowrapper.signing.Signature;
import io.cryptowrapper.signing.SignatureCheck;
import io.cryptowrapper.signing.SigningStatus;
import io.cryptowrapper.signing.UpstreamOutcome;
import io.cryptowrapper.signing.VerifyOutcome;
import io.cryptowrapper.upstream.Grant;
import io.cryptowrapper.upstream.UpstreamClient;
import io.cryptowrapper.upstream.UpstreamQuota;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/**
 * Says whether a signature is a message's, within two seconds: by the upstream's public key where it is set, which
 * decides alone; else by what is known, or by one call of the upstream.
 */
@Component
class Verifier implements AutoCloseable {

    /** Calls that the upstream lets wait end one after the other. */
    private static final Duration SOON = Duration.ofSeconds(1);

    private static final Duration REMEMBERED = Duration.ofMinutes(10);

    /** In characters; each entry also costs its objects. */
    private static final long MOST_REMEMBERED = 8L * 1024 * 1024;

    private static final int ENTRY_COST = 200;

    private final Optional<SignatureCheck> check;
    private final SignatureStore store;
    private final Memory memory;
    private final UpstreamQuota quota;
    private final UpstreamClient upstream;
    private final CryptoSettings settings;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Cache<Question, Boolean> verdicts = Caffeine.newBuilder()
            .maximumWeight(MOST_REMEMBERED)
            .weigher((Question question, Boolean verdict) -> ENTRY_COST
                    + question.message().text().length()
                    + question.signature().value().length())
            .expireAfterWrite(REMEMBERED)
            .build();

    private record Question(Message message, Signature signature) {}

    Verifier(
            SignatureStore store,
            Memory memory,
            UpstreamQuota quota,
            UpstreamClient upstream,
            CryptoSettings settings) {
        this.check = settings.api().signatureCheck();
        this.store = store;
        this.memory = memory;
        this.quota = quota;
        this.upstream = upstream;
        this.settings = settings;
    }

    /** Whether what is not known is asked of the upstream, inside its budget; with its public key nothing is. */
    boolean asksUpstream() {
        return check.isEmpty();
    }

    /** @throws NoVerdictException if it cannot be told now */
    boolean isValid(Message message, Signature signature, Deadline deadline) {
        if (check.isPresent()) {
            return check.get().fits(message, signature);
        }
        var question = new Question(message, signature);
        return inTime(
                CompletableFuture.supplyAsync(() -> isValid(question, deadline), threads), deadline.untilMissed());
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }

    private boolean isValid(Question question, Deadline deadline) {
        // Another one than the known one may be valid too: some kinds of keys never sign twice alike.
        if (known(question.message().id()).filter(question.signature()::equals).isPresent()) {
            return true;
        }
        Boolean said = verdicts.getIfPresent(question);
        return said != null ? said : ask(question, deadline);
    }

    private Optional<Signature> known(MessageId id) {
        try {
            return store.find(id)
                    .flatMap(status -> status instanceof SigningStatus.Signed(var signature)
                            ? Optional.of(signature)
                            : Optional.empty());
        } catch (DataAccessException redisIsDown) {
            return memory.recall(id);
        }
    }

    private boolean ask(Question question, Deadline deadline) {
        if (!upstream.hasRoom()) {
            throw NoVerdictException.notAsked(Obstacle.TOO_MANY_CALLS, SOON);
        }
        UpstreamQuota.Permission permission;
        try {
            permission = quota.takeForFirstCall();
        } catch (DataAccessException redisIsDown) {
            throw NoVerdictException.notAsked(Obstacle.QUOTA_UNKNOWN, NotAcceptedException.RESTART);
        }
        return switch (permission) {
            case UpstreamQuota.Permission.Granted(Grant grant) -> ask(grant, question, deadline);
            case UpstreamQuota.Permission.Wait(Duration time) ->
                throw NoVerdictException.notAsked(Obstacle.QUOTA_USED_UP, time);
        };
    }

    private boolean ask(Grant grant, Question question, Deadline deadline) {
        Duration wait = deadline.atMost(settings.api().timeout());
        // It may be answered later than anybody waits: who asks again hears of it.
        CompletableFuture<VerifyOutcome> call = upstream.verify(
                        grant,
                        question.message(),
                        question.signature(),
                        settings.retry().timeout())
                .whenComplete((outcome, error) -> heed(question, outcome));
        return switch (inTime(call, wait)) {
            case VerifyOutcome.Verdict(boolean valid) -> valid;
            case VerifyOutcome.None(UpstreamOutcome.Failed(var failure, var retryAfter)) ->
                throw NoVerdictException.failed(failure, retryAfter);
            case VerifyOutcome.None(UpstreamOutcome.NotCalled(var why)) -> throw NoVerdictException.notAsked(why, SOON);
            case VerifyOutcome.None(var other) ->
                throw new IllegalStateException("only signing ends by " + other.getClass());
        };
    }

    private static <T> T inTime(CompletableFuture<T> answer, Duration most) {
        try {
            return answer.get(most.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException slow) {
            throw NoVerdictException.failed(Failure.noAnswerWithin(most), null);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw NoVerdictException.failed(Failure.noAnswerWithin(most), null);
        }
    }

    private void heed(Question question, VerifyOutcome outcome) {
        switch (outcome) {
            case VerifyOutcome.Verdict(boolean valid) -> verdicts.put(question, valid);
            case VerifyOutcome.None(var why) -> quota.heed(why);
        }
    }
}
