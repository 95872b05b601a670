package io.cryptowrapper.api;

import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.upstream.UpstreamQuota;
import io.cryptowrapper.upstream.UpstreamQuota.Standing;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/** How the upstream's budget stands, as clients are told: thousands of answers cost one look a second. */
@Component
class Budget {

    private static final Logger log = LoggerFactory.getLogger(Budget.class);

    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

    /** So much of the two seconds no step is planned for; what is not known by then is not told. */
    private static final Duration PATIENCE = Duration.ofMillis(50);

    private static final String POLICY = "upstream";

    private final CryptoSettings.Quota quota;
    private final Duration patience;
    private final Supplier<Standing> look;
    private final LongSupplier nanoTime;
    private final AtomicLong lookAt;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private volatile Optional<Standing> seen = Optional.empty();

    @Autowired
    Budget(CryptoSettings settings, UpstreamQuota quota) {
        this(settings.api().quota(), quota::look, PATIENCE, System::nanoTime);
    }

    Budget(CryptoSettings.Quota quota, Supplier<Standing> look, Duration patience, LongSupplier nanoTime) {
        this.patience = patience;
        this.quota = quota;
        this.look = look;
        this.nanoTime = nanoTime;
        this.lookAt = new AtomicLong(nanoTime.getAsLong());
    }

    /** Adds it to an answer: the policy, and how it stands, where that is known. */
    void addTo(HttpServletResponse response) {
        standing()
                .map(known -> new RateLimit(POLICY, quota.calls(), quota.window(), known.left(), known.more()))
                .ifPresentOrElse(
                        limit -> limit.addTo(response),
                        () -> RateLimit.addPolicyTo(response, POLICY, quota.calls(), quota.window()));
    }

    /** What was seen about a second ago at most; nothing while Redis does not answer. */
    Optional<Standing> standing() {
        long due = lookAt.get();
        long now = nanoTime.getAsLong();
        if (now - due >= 0 && lookAt.compareAndSet(due, now + LOOK_AGAIN.toNanos())) {
            try {
                var _ = CompletableFuture.runAsync(this::look, threads).get(patience.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException late) {
                seen = Optional.empty();
            } catch (ExecutionException e) {
                throw new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        return seen;
    }

    private void look() {
        try {
            seen = Optional.of(look.get());
        } catch (DataAccessException redisIsDown) {
            seen = Optional.empty();
        } catch (RuntimeException e) {
            log.error("How the budget stands could not be read", e);
            seen = Optional.empty();
        }
    }
}
