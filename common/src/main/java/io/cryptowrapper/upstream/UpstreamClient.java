package io.cryptowrapper.upstream;

import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.signing.Failure;
import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.Obstacle;
import io.cryptowrapper.signing.Signature;
import io.cryptowrapper.signing.UpstreamOutcome;
import io.cryptowrapper.signing.VerifyOutcome;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.NoRouteToHostException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import java.util.function.Function;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.MessageConstraintException;

/** Calls the upstream, to sign or to verify: exactly one request for each call, whatever happens to it. */
public class UpstreamClient implements AutoCloseable {

    /**
     * Under way at the same time. Each takes a connection, with its buffers, for as long as the upstream lets it wait.
     */
    static final int MOST_CALLS = 256;

    private static final Duration REHEARSAL_LIMIT = Duration.ofSeconds(2);

    private final URI baseUrl;
    private final String key;
    private final OutcomeReader reader;
    private final UpstreamHttp http = new UpstreamHttp(MOST_CALLS);
    private final Semaphore room = new Semaphore(MOST_CALLS);
    private final ExecutorService calls = Executors.newVirtualThreadPerTaskExecutor();

    /** @param check whether what the upstream calls a signature may be the message's */
    public UpstreamClient(CryptoSettings.Api api, BiPredicate<Message, Signature> check, Clock clock) {
        this.baseUrl = api.baseUrl();
        this.key = api.key();
        this.reader = new OutcomeReader(key, check, clock);
    }

    /** Whether another call can be made, so that no grant is taken for nothing. */
    public boolean hasRoom() {
        return room.availablePermits() > 0;
    }

    /**
     * Calls the upstream once, to sign a message.
     *
     * @param grant the budget's permission; if it is too old when all else is ready, or too many calls are under way,
     *     nothing is sent
     * @param limit how long the whole exchange may take
     * @return completes by the limit, and never exceptionally
     */
    public CompletableFuture<UpstreamOutcome> call(Grant grant, Message message, Duration limit) {
        return start(
                "/crypto/sign?message=" + encoded(message.text()),
                grant,
                limit,
                (status, headers, body) -> reader.read(message, status, headers, body),
                why -> why);
    }

    /** Calls the upstream once, to verify a signature: in all other ways like {@link #call}. */
    public CompletableFuture<VerifyOutcome> verify(Grant grant, Message message, Signature signature, Duration limit) {
        return start(
                "/crypto/verify?message=" + encoded(message.text()) + "&signature=" + encoded(signature.value()),
                grant,
                limit,
                reader::readVerdict,
                VerifyOutcome.None::new);
    }

    /**
     * Goes the way of a call once, to a server of its own, without the key: in a JVM that has just started this may
     * take a second, and the grant of its first real call would be too old when that is sent.
     *
     * @return whether it went all the way; if not, the first call may be slow
     */
    public boolean rehearse() {
        var unchecked = new OutcomeReader(key, (message, signature) -> true, Clock.systemUTC());
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var _ = calls.submit(() -> answerOnce(server));
            URI address = URI.create("http://127.0.0.1:" + server.getLocalPort() + "/?message=none");
            return exchange(
                    UpstreamHttp.request(address, REHEARSAL_LIMIT),
                    Grant.forRehearsal(),
                    REHEARSAL_LIMIT,
                    (status, headers, body) ->
                            unchecked.read(new Message("none"), status, headers, body) instanceof UpstreamOutcome.Signed
                                    && unchecked.readVerdict(status, headers, body) instanceof VerifyOutcome.Verdict,
                    why -> false);
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        http.close();
        calls.shutdownNow();
    }

    private static Void answerOnce(ServerSocket server) throws IOException {
        try (Socket client = server.accept()) {
            client.getInputStream().read();
            client.getOutputStream()
                    .write("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n\r\n{\"valid\":true}"
                            .getBytes(StandardCharsets.US_ASCII));
        }
        return null;
    }

    /** @param instead what is to be said where there is no answer to read: a failure, or that nothing was sent */
    private <T> CompletableFuture<T> start(
            String target,
            Grant grant,
            Duration limit,
            UpstreamHttp.Reading<T> reading,
            Function<UpstreamOutcome, T> instead) {
        HttpGet request = UpstreamHttp.request(URI.create(baseUrl + target), limit);
        request.setHeader(HttpHeaders.AUTHORIZATION, key);
        if (!room.tryAcquire()) {
            return CompletableFuture.completedFuture(
                    instead.apply(new UpstreamOutcome.NotCalled(Obstacle.TOO_MANY_CALLS)));
        }
        T late = instead.apply(new UpstreamOutcome.Failed(Failure.noAnswerWithin(limit), null));
        return CompletableFuture.supplyAsync(
                        () -> {
                            try {
                                return exchange(request, grant, limit, reading, instead);
                            } finally {
                                room.release();
                            }
                        },
                        calls)
                .completeOnTimeout(late, limit.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((outcome, error) -> request.cancel());
    }

    private <T> T exchange(
            HttpGet request,
            Grant grant,
            Duration limit,
            UpstreamHttp.Reading<T> reading,
            Function<UpstreamOutcome, T> instead) {
        try {
            return http.exchange(request, grant, reading);
        } catch (UpstreamHttp.GrantTooOldException e) {
            return instead.apply(new UpstreamOutcome.NotCalled(Obstacle.PERMISSION_TOO_OLD));
        } catch (IOException e) {
            return instead.apply(new UpstreamOutcome.Failed(failure(e, limit), null));
        } catch (RuntimeException e) {
            return instead.apply(
                    new UpstreamOutcome.Failed(Failure.connection("its answer could not be understood"), null));
        }
    }

    private static String encoded(String text) {
        // A space as %20 is a space in forms and in URIs alike; as + it would be one in forms only.
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static Failure failure(IOException e, Duration limit) {
        return switch (e) {
            case ConnectTimeoutException late -> new Failure(504, "The upstream could not be connected to in time.");
            case SocketTimeoutException late -> Failure.noAnswerWithin(limit);
            default -> Failure.connection(reason(e));
        };
    }

    /** Said to clients, so it names no host and quotes no exception. */
    private static String reason(IOException e) {
        return switch (e) {
            case UnknownHostException unknown -> "its host name cannot be resolved";
            case NoRouteToHostException unreachable -> "it cannot be reached";
            case ConnectException refused -> "it was refused";
            case MessageConstraintException tooLong -> "the headers of its answer are too long";
            case SSLException tls -> "no secure connection could be made";
            default -> "it ended before the answer was complete";
        };
    }
}
