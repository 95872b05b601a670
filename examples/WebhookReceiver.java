import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Receives what the API posts to a {@code callback_url}, by the Standard Webhooks specification: {@code java -cp … \
 * WebhookReceiver.java PORT}, with the secret in the variable {@code WEBHOOK_SECRET}.
 */
class WebhookReceiver {

    private static final int LARGEST = 1024 * 1024;

    private final Webhook webhook;
    private final ExecutorService work = Executors.newSingleThreadExecutor();
    // In a real receiver they are kept in a database, for some days, together with what was done for them.
    private final Set<String> seen = ConcurrentHashMap.newKeySet();

    private WebhookReceiver(Webhook webhook) {
        this.webhook = webhook;
    }

    public static void main(String[] args) throws Exception {
        WebhookReceiver receiver = new WebhookReceiver(new Webhook(System.getenv("WEBHOOK_SECRET")));
        int port = Integer.parseInt(args[0]);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext("/", receiver::receive);
        server.setExecutor(Executors.newCachedThreadPool());
        server.start();
        System.out.println("Listening on port " + server.getAddress().getPort());
    }

    // 2xx quickly, do work later, dedupe by webhook-id: what is answered late, or otherwise, is sent again.
    private void receive(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] read = exchange.getRequestBody().readNBytes(LARGEST + 1);
            if (read.length > LARGEST) {
                exchange.sendResponseHeaders(413, -1);
                return;
            }
            // As it was sent: JSON that is read and written again is another text, with another signature.
            String body = new String(read, StandardCharsets.UTF_8);
            try {
                webhook.verify(body, Map.copyOf(exchange.getRequestHeaders()));
            } catch (WebhookVerificationException e) {
                System.out.println("Refused: " + e.getMessage());
                exchange.sendResponseHeaders(401, -1);
                return;
            }
            String id = exchange.getRequestHeaders().getFirst("webhook-id");
            if (seen.add(id)) {
                work.execute(() -> System.out.println("Received " + id + ": " + body));
            }
            exchange.sendResponseHeaders(204, -1);
        }
    }
}
