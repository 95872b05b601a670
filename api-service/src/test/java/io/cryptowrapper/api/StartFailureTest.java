package io.cryptowrapper.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cryptowrapper.embedded.Ports;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** What stops a start is one sentence that says what to do. */
@ExtendWith(OutputCaptureExtension.class)
class StartFailureTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "crypto.api.base-url |          | CRYPTO_API_BASE_URL is missing: set it to the upstream's address, for"
                        + " example https://api.example.com.",
                "crypto.api.base-url | ht tp:/x | CRYPTO_API_BASE_URL must be an address, for example"
                        + " https://api.example.com.",
                "crypto.api.key |               | CRYPTO_API_KEY is missing: set it to the upstream's key, or"
                        + " CRYPTO_API_KEY_FILE to a file that holds it.",
                "crypto.retry.period | often    | CRYPTO_RETRY_PERIOD must be a duration, for example 6s or 1500ms.",
                "crypto.retry.delays | 6s,soon  | CRYPTO_RETRY_DELAYS must be a duration, for example 6s or 1500ms.",
                "crypto.api.quota.calls | ten   | CRYPTO_API_QUOTA_CALLS must be a whole number.",
                "crypto.message.max-size | big  | CRYPTO_MESSAGE_MAX_SIZE must be a size, for example 8KB.",
                "crypto.client.keys-file | /no/such | CRYPTO_CLIENT_KEYS_FILE names a file that cannot be read:"
                        + " /no/such.",
                "crypto.client.quota.requests | x | CRYPTO_CLIENT_QUOTA_REQUESTS must be a whole number.",
                "crypto.cors.origins | pw.example.com | CRYPTO_CORS_ORIGINS must be * or a list of up to 100 origins as"
                        + " browsers send them, for example https://app.example.com,http://localhost:3000.",
                "server.port | http             | SERVER_PORT must be a whole number.",
                "spring.data.redis.url | pw://x | SPRING_DATA_REDIS_URL must be an address such as"
                        + " redis://:password@host:6379.",
                "spring.data.redis.url | redis://h:x | SPRING_DATA_REDIS_URL must be an address such as"
                        + " redis://:password@host:6379.",
                "spring.data.redis.url | redis://host | SPRING_DATA_REDIS_URL must be an address such as"
                        + " redis://:password@host:6379.",
                "spring.data.redis.url | redis://h:1/x | SPRING_DATA_REDIS_URL must be an address such as"
                        + " redis://:password@host:6379.",
                "management.endpoint.health.show-details | perhaps | MANAGEMENT_ENDPOINT_HEALTH_SHOW_DETAILS must be"
                        + " one of never, when-authorized, always.",
                "spring.data.redis.port | 99999  | SPRING_DATA_REDIS_PORT must be from 1 to 65535, not 99999.",
                "spring.rabbitmq.port   | 99999  | SPRING_RABBITMQ_PORT must be from 1 to 65535, not 99999.",
                "spring.rabbitmq.addresses | host:x | SPRING_RABBITMQ_ADDRESSES must be a list of addresses such as"
                        + " rabbit-1:5672,rabbit-2:5672.",
                "spring.rabbitmq.addresses | a:1,:2 | SPRING_RABBITMQ_ADDRESSES must be a list of addresses such as"
                        + " rabbit-1:5672,rabbit-2:5672.",
                "spring.rabbitmq.publisher-returns | false | SPRING_RABBITMQ_PUBLISHER_RETURNS must stay true: messages"
                        + " would be lost unseen otherwise.",
                "spring.rabbitmq.publisher-confirm-type | none | SPRING_RABBITMQ_PUBLISHER_CONFIRM_TYPE must stay"
                        + " correlated: messages would be lost unseen otherwise.",
                "spring.rabbitmq.template.mandatory | false | SPRING_RABBITMQ_TEMPLATE_MANDATORY must stay true:"
                        + " messages would be lost unseen otherwise.",
                "server.port | 70000             | SERVER_PORT must be from 0 (a free one) to 65535, not 70000.",
                "management.server.port | -2     | MANAGEMENT_SERVER_PORT must be from 0 (a free one) to 65535, not"
                        + " -2.",
                "server.address | 203.0.113.1    | SERVER_ADDRESS is not an address of this machine, 203.0.113.1: set"
                        + " it to one of its own, or to 0.0.0.0 for all.",
                "management.server.address | 203.0.113.1 | MANAGEMENT_SERVER_ADDRESS is not an address of this machine,"
                        + " 203.0.113.1: set it to one of its own, or to 0.0.0.0 for all.",
                "server.address | no.such.host.invalid | SERVER_ADDRESS must be an IP address or a host name."
            })
    void a_wrong_setting_is_named_in_one_sentence(
            String name, @Nullable String value, String sentence, CapturedOutput output) {
        assertThatThrownBy(() -> start(name, value == null ? "" : value)).isNotNull();

        assertThat(said(output)).isEqualTo(sentence + "\n");
        assertThat(output.getOut()).isEmpty();
    }

    @Test
    void a_port_in_use_is_named_in_one_sentence(CapturedOutput output) throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> start("server.port", Integer.toString(taken.getLocalPort())))
                    .isNotNull();

            assertThat(said(output))
                    .isEqualTo("Port " + taken.getLocalPort()
                            + " is in use: stop what listens there, or set SERVER_PORT or MANAGEMENT_SERVER_PORT to"
                            + " another.\n");
            assertThat(output.getOut()).isEmpty();
        }
    }

    @Test
    void one_port_for_both_doors_is_named_in_one_sentence(CapturedOutput output) {
        String port = Integer.toString(Ports.free());

        assertThatThrownBy(() -> start(Map.of("server.port", port, "management.server.port", port)))
                .isNotNull();

        assertThat(said(output))
                .isEqualTo("MANAGEMENT_SERVER_PORT is the same as SERVER_PORT, " + port
                        + ": set one of them to another.\n");
        assertThat(output.getOut()).isEmpty();
    }

    /**
     * All but what Logback says of the embedded broker, which runs in this JVM too, while a start sets the log up anew.
     */
    private static String said(CapturedOutput output) {
        return output.getErr().replaceAll("(?m)^.*\\|-WARN in Logger\\[org\\.apache\\.qpid\\..*\\R", "");
    }

    private static void start(String name, String value) {
        start(Map.of(name, value));
    }

    private static void start(Map<String, String> own) {
        Map<String, String> settings = new HashMap<>(TestServers.get().properties());
        settings.putAll(Map.of(
                "crypto.api.base-url", "http://127.0.0.1:9",
                "crypto.api.key", "k",
                "server.port", "0",
                "management.server.port", "0"));
        settings.putAll(own);
        SpringApplication.run(
                        ApiServiceApplication.class,
                        settings.entrySet().stream()
                                .map(setting -> "--" + setting.getKey() + "=" + setting.getValue())
                                .toArray(String[]::new))
                .close();
    }
}
