package io.cryptowrapper.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.Base64;
import java.util.Objects;
import org.springframework.beans.factory.config.YamlMapFactoryBean;
import org.springframework.core.io.ClassPathResource;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.json.JsonMapper;

/** {@code GET /openapi.yaml}: the API's description by OpenAPI 3.1, and the same as JSON. */
@RestController
class OpenApiController {

    private static final ClassPathResource DESCRIPTION = new ClassPathResource("openapi.yaml");
    private static final MediaType YAML = MediaType.valueOf("application/yaml");
    private static final int TAG_BYTES = 16;

    private final byte[] yaml;
    private final byte[] json;

    OpenApiController(JsonMapper mapper) throws IOException {
        var read = new YamlMapFactoryBean();
        read.setResources(DESCRIPTION);
        this.yaml = DESCRIPTION.getContentAsByteArray();
        this.json = mapper.writeValueAsBytes(Objects.requireNonNull(read.getObject()));
    }

    @GetMapping("/openapi.yaml")
    ResponseEntity<byte[]> yaml() {
        return answer(YAML, yaml);
    }

    @GetMapping("/openapi.json")
    ResponseEntity<byte[]> json() {
        return answer(MediaType.APPLICATION_JSON, json);
    }

    private static ResponseEntity<byte[]> answer(MediaType type, byte[] description) {
        byte[] tag = Fingerprint.of(new String(description, UTF_8), TAG_BYTES);
        return ResponseEntity.ok()
                .contentType(type)
                .cacheControl(CacheControl.noCache())
                .eTag(Base64.getUrlEncoder().withoutPadding().encodeToString(tag))
                .header("X-Content-Type-Options", "nosniff")
                .body(description);
    }
}
