package io.cryptowrapper.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.Message;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.UriUtils;

/** {@code GET /crypto/sign?message=…}, the same request that the upstream takes. */
@RestController
class SignController {

    private static final String PATH = "/crypto/sign";
    private static final String PREFER = "Prefer";

    private final Signer signer;
    private final Holding holding;
    private final MessageParameter parameter;
    private final Duration longestWait;

    SignController(Signer signer, Holding holding, CryptoSettings settings) {
        this.signer = signer;
        this.holding = holding;
        this.parameter = new MessageParameter(settings.message().maxSize().toBytes());
        this.longestWait = settings.waiting().limit();
    }

    @GetMapping(PATH)
    ResponseEntity<SignResponse> sign(HttpServletRequest request) {
        Message message = parameter.read(request.getQueryString());
        return response(HttpStatus.OK, SignResponse.of(message, signer.sign(message)), new HttpHeaders());
    }

    /** The same, and the answer may be held, or say by its status that it is not final. */
    @GetMapping(path = PATH, headers = PREFER)
    CompletableFuture<ResponseEntity<SignResponse>> signAsPreferred(HttpServletRequest request) {
        Message message = parameter.read(request.getQueryString());
        Preferences preferences = Preferences.read(Collections.list(request.getHeaders(PREFER)), longestWait);
        Answer now = signer.sign(message);
        Duration patience = preferences.patience();
        if (patience == null || !(now instanceof Answer.Pending)) {
            return CompletableFuture.completedFuture(preferred(message, now, preferences));
        }
        Optional<CompletableFuture<Answer>> held = holding.hold(message, patience);
        return held.map(answer -> answer.thenApply(then -> preferred(message, then, preferences)))
                .orElseGet(() ->
                        CompletableFuture.completedFuture(preferred(message, now, preferences.withoutPatience())));
    }

    private static ResponseEntity<SignResponse> preferred(Message message, Answer answer, Preferences preferences) {
        SignResponse body = SignResponse.of(message, answer);
        HttpHeaders headers = new HttpHeaders();
        List<String> applied = new ArrayList<>();
        boolean accepted = preferences.respondAsync() && answer instanceof Answer.Pending;
        if (accepted) {
            applied.add("respond-async");
            headers.set(HttpHeaders.LOCATION, PATH + "?message=" + UriUtils.encode(message.text(), UTF_8));
        }
        if (preferences.patience() != null) {
            applied.add("wait=" + preferences.patience().toSeconds());
        }
        if (!applied.isEmpty()) {
            headers.set("Preference-Applied", String.join(", ", applied));
        }
        return response(accepted ? HttpStatus.ACCEPTED : HttpStatus.OK, body, headers);
    }

    /** JSON, whatever the client says it accepts. */
    private static ResponseEntity<SignResponse> response(HttpStatus status, SignResponse body, HttpHeaders headers) {
        headers.setContentType(MediaType.APPLICATION_JSON);
        if (body.retryInSeconds() != null) {
            headers.set(HttpHeaders.RETRY_AFTER, body.retryInSeconds().toString());
        }
        return new ResponseEntity<>(body, headers, status);
    }
}
