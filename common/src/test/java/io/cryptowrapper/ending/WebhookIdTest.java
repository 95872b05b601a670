package io.cryptowrapper.ending;

import static org.assertj.core.api.Assertions.assertThat;

import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.MessageId;
import java.net.URI;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WebhookIdTest {

    private static final MessageId ID = new Message("hello").id();
    private static final URI URL = URI.create("https://client.example/");

    @Test
    void what_tells_the_same_to_the_same_client_at_the_same_url_has_the_same_id_and_nothing_else_has() {
        String id = CallbackRelease.webhookId(ID, "alice", URL, "{}");

        assertThat(id).matches("msg_[0-9a-f]{64}").isEqualTo(CallbackRelease.webhookId(ID, "alice", URL, "{}"));
        assertThat(Set.of(
                        id,
                        CallbackRelease.webhookId(new Message("other").id(), "alice", URL, "{}"),
                        CallbackRelease.webhookId(ID, "", URL, "{}"),
                        CallbackRelease.webhookId(ID, "alice", URI.create("https://client.example/2"), "{}"),
                        CallbackRelease.webhookId(ID, "alice", URL, "{\"a\":1}"),
                        CallbackRelease.webhookId(
                                ID, "alicehttps", URI.create("://client.example/".substring(1)), "{}")))
                .hasSize(6);
    }
}
