package io.cryptowrapper.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** A client of server-sent events that connects once and reads them as they come. */
public final class EventClient implements AutoCloseable {

    private final HttpClient client;
    private final HttpResponse<InputStream> response;
    private final BufferedReader lines;
    private final List<Event> told = new ArrayList<>();
    private long reconnectTime = -1;

    private EventClient(HttpClient client, HttpResponse<InputStream> response) {
        this.client = client;
        this.response = response;
        this.lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
    }

    /** One event; what it does not have is empty. */
    public record Event(String name, String id, String data) {}

    /** Asks what listens on {@code port} of the loopback interface; the headers as lines. */
    public static EventClient open(int port, String target, String... headerLines) throws IOException {
        return send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + target)), headerLines);
    }

    /** The same with JSON that is posted. */
    public static EventClient post(int port, String target, String json, String... headerLines) throws IOException {
        return send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + target))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(json)),
                headerLines);
    }

    private static EventClient send(HttpRequest.Builder request, String... headerLines) throws IOException {
        for (String line : headerLines) {
            int colon = line.indexOf(':');
            request.header(line.substring(0, colon), line.substring(colon + 1).strip());
        }
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        try {
            return new EventClient(client, client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    public int status() {
        return response.statusCode();
    }

    public Optional<String> header(String name) {
        return response.headers().firstValue(name);
    }

    /** The next event. */
    public Event next() throws IOException {
        return read().orElseThrow(() -> new IOException("the stream has ended after " + told));
    }

    /** The next event of that name; others before it are passed over. */
    public Event nextNamed(String name) throws IOException {
        return nextThat(event -> event.name().equals(name));
    }

    /** The next event that is as wanted; others before it are passed over. */
    public Event nextThat(Predicate<Event> wanted) throws IOException {
        Event event = next();
        while (!wanted.test(event)) {
            event = next();
        }
        return event;
    }

    /** Whether the stream ends, with no other event before. */
    public boolean isAtEnd() throws IOException {
        return read().isEmpty();
    }

    /** All events so far. */
    public List<Event> told() {
        return List.copyOf(told);
    }

    /** After how many milliseconds a client is to come back; -1 if it was not told. */
    public long reconnectTime() {
        return reconnectTime;
    }

    private Optional<Event> read() throws IOException {
        String name = "";
        String id = "";
        StringBuilder data = new StringBuilder();
        String line = lines.readLine();
        while (line != null) {
            if (line.isEmpty() && !data.isEmpty()) {
                Event event = new Event(name, id, data.toString());
                told.add(event);
                return Optional.of(event);
            }
            String value = line.substring(line.indexOf(':') + 1).stripLeading();
            if (line.startsWith("event:")) {
                name = value;
            } else if (line.startsWith("id:")) {
                id = value;
            } else if (line.startsWith("data:")) {
                data.append(value);
            } else if (line.startsWith("retry:")) {
                reconnectTime = Long.parseLong(value);
            }
            line = lines.readLine();
        }
        return Optional.empty();
    }

    @Override
    public void close() throws IOException {
        response.body().close();
        client.shutdownNow();
    }
}
