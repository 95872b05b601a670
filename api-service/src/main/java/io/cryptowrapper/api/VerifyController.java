package io.cryptowrapper.api;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.Signature;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** {@code GET /crypto/verify?message=…&signature=…}, the same request that the upstream takes. */
@RestController
class VerifyController {

    private static final String SIGNATURE = "signature";

    private final Verifier verifier;
    private final Budget budget;
    private final long longestMessage;

    VerifyController(Verifier verifier, Budget budget, CryptoSettings settings) {
        this.verifier = verifier;
        this.budget = budget;
        this.longestMessage = settings.message().maxSize().toBytes();
    }

    /** The JSON that clients get. */
    @JsonPropertyOrder({"message", "valid"})
    record VerifyResponse(String message, boolean valid) {}

    @GetMapping("/crypto/verify")
    ResponseEntity<VerifyResponse> verify(HttpServletRequest request, HttpServletResponse response) {
        Deadline deadline = Deadline.ofAnswer(request);
        QueryParameters query = QueryParameters.of(request.getQueryString());
        Message message = query.message(longestMessage);
        String signature = query.one(SIGNATURE, Signature.MOST_BYTES);
        if (signature.isBlank()) {
            throw MalformedRequestException.bad("The query parameter '" + SIGNATURE + "' is blank.");
        }
        if (verifier.asksUpstream()) {
            budget.addTo(response);
        }
        boolean valid = verifier.isValid(message, new Signature(signature), deadline);
        return ResponseEntity.ok()
                .contentType(MediaType.APPLICATION_JSON)
                .body(new VerifyResponse(message.text(), valid));
    }
}
