package io.cryptowrapper.api;

import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.Message;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** {@code GET /crypto/sign?message=…}, the same request that the upstream takes. */
@RestController
class SignController {

    private final Signer signer;
    private final MessageParameter parameter;

    SignController(Signer signer, CryptoSettings settings) {
        this.signer = signer;
        this.parameter = new MessageParameter(settings.message().maxSize().toBytes());
    }

    @GetMapping("/crypto/sign")
    ResponseEntity<SignResponse> sign(HttpServletRequest request) {
        Message message = parameter.read(request.getQueryString());
        SignResponse body = SignResponse.of(message, signer.sign(message));
        // JSON, whatever the client says it accepts.
        ResponseEntity.BodyBuilder response = ResponseEntity.ok().contentType(MediaType.APPLICATION_JSON);
        if (body.retryInSeconds() != null) {
            response.header(HttpHeaders.RETRY_AFTER, body.retryInSeconds().toString());
        }
        return response.body(body);
    }
}
