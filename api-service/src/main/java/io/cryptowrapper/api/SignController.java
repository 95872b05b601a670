package io.cryptowrapper.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.cryptowrapper.contract.SignResponse;
import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.Message;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;
import org.springframework.web.util.UriUtils;

/**
 * {@code GET /crypto/sign?message=…}, the same request that the upstream takes. By its headers the answer is held, says
 * by its status that it is not final, or becomes a stream of events.
 */
@RestController
class SignController {

    static final String PATH = "/crypto/sign";

    /** Many clients take 16 KiB of headers at most, some 8 KiB of a line. */
    private static final int LONGEST_ADDRESS = 8000;

    private final Signer signer;
    private final Holding holding;
    private final Streams streams;
    private final Callbacks callbacks;
    private final AnswerHeaders answerHeaders;
    private final long longestMessage;
    private final Duration longestWait;

    SignController(
            Signer signer,
            Holding holding,
            Streams streams,
            Callbacks callbacks,
            AnswerHeaders answerHeaders,
            CryptoSettings settings) {
        this.signer = signer;
        this.holding = holding;
        this.streams = streams;
        this.callbacks = callbacks;
        this.answerHeaders = answerHeaders;
        this.longestMessage = settings.message().maxSize().toBytes();
        this.longestWait = settings.waiting().limit();
    }

    /**
     * Decides by the headers, and not by mappings: those would refuse, or read otherwise, what always meant JSON.
     *
     * @return a response, the promise of one, or the emitter of events
     */
    @GetMapping(PATH)
    Object sign(HttpServletRequest request, HttpServletResponse response) {
        Deadline deadline = Deadline.ofAnswer(request);
        QueryParameters parameters = QueryParameters.of(request.getQueryString());
        Message message = parameters.message(longestMessage);
        RequestOptions options = RequestOptions.read(request, longestWait);
        List<URI> urls = callbacks.requested(parameters);
        answerHeaders.addBudget(response);
        callbacks.register(message, urls, Client.of(request));
        return options.events()
                ? follow(message, options.lastEvent(), deadline, response)
                : answer(message, options, deadline);
    }

    private Object answer(Message message, RequestOptions options, Deadline deadline) {
        Answered now = signer.sign(message, deadline);
        Duration patience = options.preferences().patience();
        if (patience == null || patience.isZero() || !(now.answer() instanceof Answer.Pending)) {
            return response(message, now, options);
        }
        Optional<CompletableFuture<Answered>> held = holding.hold(message, now.answer(), patience);
        return held.isPresent()
                ? held.get().thenApply(then -> response(message, then, options))
                : response(message, now, options.withoutPatience());
    }

    private Object follow(
            Message message, @Nullable String lastEvent, Deadline deadline, HttpServletResponse response) {
        if (lastEvent != null && SigningEvent.isEndOf(message.id(), lastEvent)) {
            // Which tells a browser not to come back again.
            return ResponseEntity.noContent().build();
        }
        SseEmitter events = streams.open(message, lastEvent, deadline);
        AnswerHeaders.ofEvents(response);
        return events;
    }

    /** JSON, whatever the client says it accepts. */
    private ResponseEntity<SignResponse> response(Message message, Answered answered, RequestOptions options) {
        Preferences preferences = options.preferences();
        SignResponse body = answered.answer().to(message);
        HttpHeaders headers = answerHeaders.of(message.id(), answered);
        headers.setContentType(MediaType.APPLICATION_JSON);
        if (body.retryInSeconds() != null) {
            headers.set(HttpHeaders.RETRY_AFTER, body.retryInSeconds().toString());
        }
        boolean accepted = preferences.respondAsync() && answered.answer() instanceof Answer.Pending;
        if (accepted) {
            address(message).ifPresent(address -> headers.set(HttpHeaders.LOCATION, address));
        }
        preferences.applied(accepted).ifPresent(applied -> headers.set(Preferences.APPLIED, applied));
        String tag = headers.getETag();
        if (tag != null && options.known().matches(tag)) {
            return new ResponseEntity<>(headers, HttpStatus.NOT_MODIFIED);
        }
        return new ResponseEntity<>(body, headers, accepted ? HttpStatus.ACCEPTED : HttpStatus.OK);
    }

    /** Where to ask again; nothing if it is so long that clients would not take it among the headers. */
    private static Optional<String> address(Message message) {
        return Optional.of(PATH + "?message=" + UriUtils.encode(message.text(), UTF_8))
                .filter(address -> address.length() <= LONGEST_ADDRESS);
    }
}
