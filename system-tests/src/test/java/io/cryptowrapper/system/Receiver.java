package io.cryptowrapper.system;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.EmptyWebhookSecretException;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpHeaders;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** A client that is called back; the reference library of Standard Webhooks decides what it takes. */
final class Receiver implements AutoCloseable {

    static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private final Webhook webhook;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final BlockingQueue<Received> received = new LinkedBlockingQueue<>();
    private final AtomicBoolean silent = new AtomicBoolean();
    private final CountDownLatch closed = new CountDownLatch(1);

    private Receiver(Webhook webhook, HttpServer server) {
        this.webhook = webhook;
        this.server = server;
    }

    /** A call that the reference library has found to be right, or why it has not. */
    record Received(String id, String body, String fault, long nanos) {}

    static Receiver start() {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            Receiver receiver = new Receiver(new Webhook(SECRET), server);
            server.createContext("/", receiver::take);
            server.setExecutor(receiver.threads);
            server.start();
            return receiver;
        } catch (IOException | EmptyWebhookSecretException e) {
            throw new IllegalStateException(e);
        }
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/hook";
    }

    Received next() throws InterruptedException {
        return Objects.requireNonNull(received.poll(60, TimeUnit.SECONDS), "nobody has called back");
    }

    /** How many calls there are that nobody has taken. */
    int more() {
        return received.size();
    }

    /** The next call is taken and never answered. */
    void leaveNextUnanswered() {
        silent.set(true);
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
        threads.close();
    }

    private void take(HttpExchange exchange) throws IOException {
        long nanos = System.nanoTime();
        try (exchange) {
            String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
            String fault = "";
            try {
                webhook.verify(
                        body,
                        HttpHeaders.of(exchange.getRequestHeaders(), (name, value) -> true)
                                .map());
            } catch (WebhookVerificationException e) {
                fault = String.valueOf(e.getMessage());
            }
            String id = Objects.requireNonNullElse(exchange.getRequestHeaders().getFirst("webhook-id"), "");
            received.add(new Received(id, body, fault, nanos));
            if (silent.getAndSet(false)) {
                closed.await();
            }
            exchange.sendResponseHeaders(fault.isEmpty() ? 204 : 400, -1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
