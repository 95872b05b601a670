package io.cryptowrapper.api;

import io.cryptowrapper.contract.SignResponse;
import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.Message;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.context.request.async.AsyncRequestNotUsableException;
import org.springframework.web.context.request.async.DeferredResult;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code POST /crypto/sign} with many messages: each is taken as if it had come alone.
 *
 * <p>All of it happens while the request is held: so a body that comes slowly, or an answer that is read slowly, takes
 * no place of the requests that are worked on.
 */
@RestController
class BatchController implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(BatchController.class);

    private final Bodies bodies;
    private final BatchSigner signer;
    private final BatchHolding holding;
    private final BatchStreams streams;
    private final Callbacks callbacks;
    private final Places places;
    private final AnswerHeaders answerHeaders;
    private final JsonMapper json;
    private final Semaphore workedOn;
    private final long longestMessage;
    private final Duration longestWait;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    BatchController(
            Bodies bodies,
            BatchSigner signer,
            BatchHolding holding,
            BatchStreams streams,
            Callbacks callbacks,
            Places places,
            Capacity capacity,
            AnswerHeaders answerHeaders,
            JsonMapper json,
            CryptoSettings settings) {
        this.bodies = bodies;
        this.signer = signer;
        this.holding = holding;
        this.streams = streams;
        this.callbacks = callbacks;
        this.places = places;
        this.answerHeaders = answerHeaders;
        this.json = json;
        this.workedOn = new Semaphore(capacity.batches());
        this.longestMessage = settings.message().maxSize().toBytes();
        this.longestWait = settings.waiting().limit();
    }

    /** One request, and what becomes of it. */
    private record Exchange(
            HttpServletRequest request,
            HttpServletResponse response,
            RequestOptions options,
            List<URI> urls,
            Optional<Client> client,
            DeferredResult<Object> result) {}

    @PostMapping(path = SignController.PATH, consumes = MediaType.APPLICATION_JSON_VALUE)
    DeferredResult<Object> sign(HttpServletRequest request, HttpServletResponse response) {
        RequestOptions options = RequestOptions.ofBatch(request, longestWait);
        bodies.require(request);
        List<URI> urls = callbacks.requested(QueryParameters.of(request.getQueryString()));
        var exchange = new Exchange(request, response, options, urls, Client.of(request), new DeferredResult<>(0L));
        threads.execute(() -> {
            try {
                take(exchange);
            } catch (RuntimeException | Error e) {
                // An error too: without an answer, the client would wait for ever.
                fail(exchange, e);
            }
        });
        return exchange.result;
    }

    private static void fail(Exchange exchange, Throwable error) {
        try {
            exchange.result.setErrorResult(error);
        } catch (RuntimeException ended) {
            // Tomcat has ended the request at the same time, as it does with a client that is silent for too long.
            log.debug("Nobody is there any more to be told", ended);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }

    private void take(Exchange exchange) {
        Lease work;
        List<Message> messages;
        try (Bodies.Body body = bodies.receive(exchange.request)) {
            work = beginWork();
            try {
                messages = BatchBody.read(body.content(), longestMessage);
                count(messages.size(), exchange);
            } catch (RuntimeException | Error e) {
                work.close();
                throw e;
            }
        }
        try (work) {
            answer(messages, exchange);
        }
    }

    private Lease beginWork() {
        if (!workedOn.tryAcquire()) {
            throw NotAcceptedException.tooManyBatches();
        }
        return new Lease(workedOn::release);
    }

    /** Each message counts as a request; one was counted when this one came. */
    private static void count(int messages, Exchange exchange) {
        Optional<ClientQuota> quota = ClientQuota.of(exchange.request);
        if (quota.isEmpty() || messages == 1) {
            return;
        }
        int most = quota.get().requests();
        if (messages > most) {
            throw MalformedRequestException.bad("The batch has " + messages
                    + " messages, each of which counts as a request; this key may be used " + most
                    + " times in a row. Send fewer together.");
        }
        ClientQuota.Taken taken = quota.get().take(messages - 1);
        taken.rateLimit().replaceIn(exchange.response);
        if (!taken.granted()) {
            throw new QuotaUsedUpException(taken);
        }
    }

    private void answer(List<Message> messages, Exchange exchange) {
        boolean events = exchange.options.events();
        Duration patience = exchange.options.preferences().patience();
        boolean stays = events || (patience != null && patience.isPositive());
        // What is kept for a client that stays is bounded by these.
        Optional<Lease> stay = stays ? places.lease(messages.size()) : Optional.empty();
        if (events && stay.isEmpty()) {
            throw NotAcceptedException.noPlace();
        }
        boolean held = false;
        try {
            Batch now = exchange.urls.isEmpty()
                    ? signer.sign(messages)
                    : signer.sign(messages, message -> callbacks.register(message, exchange.urls, exchange.client));
            NotAcceptedException refusal = now.refusal();
            if (refusal != null) {
                throw refusal;
            }
            answerHeaders.addBudget(exchange.response);
            if (events) {
                follow(now, stay.orElseThrow(), exchange);
                held = true;
            } else if (stay.isPresent() && now.isWaiting()) {
                hold(now, stay.get(), exchange);
                held = true;
            } else {
                boolean waited = patience == null || patience.isZero() || !now.isWaiting();
                write(now, waited ? exchange.options : exchange.options.withoutPatience(), exchange);
            }
        } finally {
            if (!held) {
                stay.ifPresent(Lease::close);
            }
        }
    }

    private void follow(Batch now, Lease stay, Exchange exchange) {
        AnswerHeaders.ofEvents(exchange.response);
        BatchStream stream = streams.open(now, stay);
        // Called when the client has gone before the stream has begun.
        exchange.result.onCompletion(stream::abandon);
        boolean told = false;
        try {
            told = exchange.result.setResult(stream.emitter());
        } finally {
            if (!told) {
                stream.abandon();
            }
        }
    }

    private void hold(Batch now, Lease stay, Exchange exchange) {
        Duration patience = exchange.options.preferences().patience();
        CompletableFuture<Void> end = holding.hold(now, patience == null ? Duration.ZERO : patience)
                .thenAccept(then -> write(then, exchange.options, exchange));
        var _ = end.whenComplete((done, error) -> {
            stay.close();
            if (error != null) {
                fail(exchange, error);
            }
        });
    }

    private void write(Batch batch, RequestOptions options, Exchange exchange) {
        HttpServletResponse response = exchange.response;
        boolean accepted = options.preferences().respondAsync() && batch.isWaiting();
        HttpStatus status = accepted ? HttpStatus.ACCEPTED : HttpStatus.OK;
        response.setStatus(status.value());
        response.setContentType(MediaType.APPLICATION_JSON_VALUE);
        AnswerHeaders.ofBatch(response);
        batch.comeBackAfter()
                .ifPresent(
                        time -> response.setHeader(HttpHeaders.RETRY_AFTER, Long.toString(SignResponse.seconds(time))));
        options.preferences().applied(accepted).ifPresent(applied -> response.setHeader(Preferences.APPLIED, applied));
        try {
            BatchResponse.write(batch, json, response.getOutputStream());
            exchange.result.setResult(ResponseEntity.status(status).build());
        } catch (IOException gone) {
            exchange.result.setErrorResult(new AsyncRequestNotUsableException("the client is gone, or too slow", gone));
        }
    }
}
