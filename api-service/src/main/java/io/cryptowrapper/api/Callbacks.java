package io.cryptowrapper.api;

import io.cryptowrapper.callbacks.CallbackRefusedException;
import io.cryptowrapper.callbacks.CallbackTargets;
import io.cryptowrapper.ending.StatusRecorder;
import io.cryptowrapper.results.CallbackLooks;
import io.cryptowrapper.results.CallbackRegistry;
import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.Message;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/** The callbacks that clients ask for: looked at before anything is done, and noted before a message is signed. */
@Component
class Callbacks implements AutoCloseable {

    static final String PARAMETER = "callback_url";

    private static final int MOST = 5;

    /** To look at all of them, whose hosts may have to be found. */
    private static final Duration TIME_TO_CHECK = Duration.ofMillis(600);

    private static final Duration TIME_TO_NOTE = Duration.ofMillis(600);

    /** By then, whoever recorded the end of the message has made them; or has died. */
    private static final Duration FIRST_LOOK = Duration.ofMinutes(1);

    private final CallbackTargets targets;
    private final CallbackRegistry registry;
    private final CallbackLooks looks;
    private final StatusRecorder recorder;
    private final CryptoSettings settings;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    Callbacks(
            CallbackTargets targets,
            CallbackRegistry registry,
            CallbackLooks looks,
            StatusRecorder recorder,
            CryptoSettings settings) {
        this.targets = targets;
        this.registry = registry;
        this.looks = looks;
        this.recorder = recorder;
        this.settings = settings;
    }

    /**
     * The URLs that a client wants to be called at, of which those that are equal are one.
     *
     * @throws MalformedRequestException if they are not such that they can be called
     * @throws NotAcceptedException if that is not known in time
     */
    List<URI> requested(QueryParameters parameters) {
        List<String> texts = parameters.all(PARAMETER);
        if (texts.isEmpty()) {
            return List.of();
        }
        if (!settings.callbacks().enabled()) {
            throw refused("cannot be used: callbacks are not set up here (CRYPTO_CALLBACK_SECRETS).");
        }
        List<URI> urls = texts.stream().distinct().map(Callbacks::read).toList();
        if (urls.size() > MOST) {
            throw refused("is given " + urls.size() + " times; at most " + MOST + " are taken.");
        }
        var looked = CompletableFuture.allOf(urls.stream()
                .map(url -> CompletableFuture.runAsync(() -> targets.check(url), threads))
                .toArray(CompletableFuture<?>[]::new));
        try {
            looked.get(TIME_TO_CHECK.toNanos(), TimeUnit.NANOSECONDS);
            return urls;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof CallbackRefusedException refusal
                    ? refused(refusal)
                    : new IllegalStateException(e.getCause());
        } catch (TimeoutException e) {
            throw NotAcceptedException.callbackUnresolved();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw NotAcceptedException.callbackUnresolved();
        }
    }

    /**
     * Notes that a client is to be called back when the message has ended; if it has, that is done at once. To be
     * called before the message is signed, so that no end is missed.
     *
     * @param urls as they were checked
     * @param client nothing where clients have no names
     * @throws NotAcceptedException if that cannot be noted in time, or as many wait for the message as may
     */
    void register(Message message, List<URI> urls, Optional<Client> client) {
        if (urls.isEmpty()) {
            return;
        }
        String name = client.map(Client::name).orElse("");
        switch (inTime(() -> note(message, urls, name))) {
            case ENDED -> recorder.callBack(message.id());
            case WAITS -> {}
            case FULL -> throw NotAcceptedException.tooManyCallbacks();
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }

    private CallbackRegistry.Registered note(Message message, List<URI> urls, String client) {
        if (looks.size() >= settings.retry().maxPending()
                && looks.of(message.id()).isEmpty()) {
            throw NotAcceptedException.noRoomForCallbacks();
        }
        CallbackRegistry.Registered registered = registry.register(message, urls, client, Instant.now());
        if (registered != CallbackRegistry.Registered.FULL) {
            // After that: whoever finds no callback forgets to look, unless this is done since.
            looks.lookAfter(message.id(), FIRST_LOOK);
        }
        return registered;
    }

    private <T> T inTime(Supplier<T> step) {
        try {
            return CompletableFuture.supplyAsync(step, threads).get(TIME_TO_NOTE.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw switch (e.getCause()) {
                case DataAccessException redisIsDown -> NotAcceptedException.callbackUnkept();
                case RuntimeException failure -> failure;
                case null, default -> new IllegalStateException(e.getCause());
            };
        } catch (TimeoutException e) {
            throw NotAcceptedException.callbackUnkept();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw NotAcceptedException.callbackUnkept();
        }
    }

    private static URI read(String text) {
        if (text.isEmpty()) {
            throw refused("is empty.");
        }
        try {
            return new URI(text);
        } catch (URISyntaxException e) {
            throw refused("is no absolute https URL.");
        }
    }

    private static RuntimeException refused(CallbackRefusedException refusal) {
        return switch (refusal.reason()) {
            case NOT_RESOLVED_IN_TIME -> NotAcceptedException.callbackUnresolved();
            case MALFORMED, NOT_PUBLIC -> refused("is refused. " + refusal.getMessage());
        };
    }

    private static MalformedRequestException refused(String why) {
        return MalformedRequestException.bad("The query parameter '" + PARAMETER + "' " + why);
    }
}
