package io.cryptowrapper.simulator;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.common.FatalStartupException;
import com.github.tomakehurst.wiremock.core.Options;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * A running stand-in for the signing upstream: it signs slowly, fails for a while for some messages and allows few
 * calls in a window of time. It offers {@code /crypto/sign}, {@code /crypto/verify}, {@code /crypto/public-key} and
 * {@code /crypto/calls}.
 */
public final class UpstreamSimulator implements AutoCloseable {

    /** A message of 8 KiB may take three times as much in the request line; headers need some room as well. */
    private static final int MOST_HEADER_BYTES = 64 * 1024;

    /** A delayed answer waits without a thread; only one that dribbles holds one. */
    private static final int ANSWERING_THREADS = 32;

    /** Enough for a burst of connections, none of which should have to be opened again a second later. */
    private static final int MOST_WAITING_CONNECTIONS = 1024;

    /** Longer than any latency and any hanging. */
    private static final Duration LONGEST_ANSWER = Duration.ofDays(3);

    private final SimulatorSettings settings;
    private final SigningUpstream upstream;
    private final SigningKey signingKey;
    private final CallLog log;
    private final WireMockServer server;

    private UpstreamSimulator(
            SimulatorSettings settings,
            SigningUpstream upstream,
            SigningKey signingKey,
            CallLog log,
            WireMockServer server) {
        this.settings = settings;
        this.upstream = upstream;
        this.signingKey = signingKey;
        this.log = log;
        this.server = server;
    }

    /**
     * Starts a simulator.
     *
     * @throws SimulatorException with one sentence if its port or its key file cannot be used
     */
    public static UpstreamSimulator start(SimulatorSettings settings) {
        return start(settings, System::nanoTime);
    }

    /**
     * Starts a simulator whose window and failing times pass as {@code nanoClock} says, so that tests need not wait.
     */
    public static UpstreamSimulator start(SimulatorSettings settings, LongSupplier nanoClock) {
        SigningKey signingKey = SigningKey.keptIn(settings.dataDir());
        CallLog log = new CallLog();
        SigningUpstream upstream = new SigningUpstream(settings, signingKey, nanoClock, log);
        WireMockServer server = new WireMockServer(WireMockConfiguration.options()
                .bindAddress(settings.bindAddress())
                .port(settings.port())
                .httpServerFactory(LenientJetty::new)
                .http2PlainDisabled(true)
                .useChunkedTransferEncoding(Options.ChunkedEncodingPolicy.BODY_FILE)
                .gzipDisabled(true)
                .jettyHeaderRequestSize(MOST_HEADER_BYTES)
                .jettyAcceptQueueSize(MOST_WAITING_CONNECTIONS)
                .timeout(Math.toIntExact(LONGEST_ANSWER.toMillis()))
                .asynchronousResponseEnabled(true)
                .asynchronousResponseThreads(ANSWERING_THREADS)
                .disableRequestJournal()
                .notifier(new QuietNotifier())
                .extensions(new HttpFront(upstream, signingKey, log, settings.latency())));
        try {
            server.start();
        } catch (FatalStartupException e) {
            throw new SimulatorException(
                    "The simulator cannot listen on %s:%d: %s."
                            .formatted(
                                    settings.bindAddress(),
                                    settings.port(),
                                    rootCause(e).getMessage()),
                    e);
        }
        return new UpstreamSimulator(settings, upstream, signingKey, log, server);
    }

    public int port() {
        return server.port();
    }

    /** Where it listens, without a path: {@code http://127.0.0.1:port}. */
    public URI baseUrl() {
        String host =
                settings.bindAddress().contains(":") ? "[" + settings.bindAddress() + "]" : settings.bindAddress();
        return URI.create("http://" + host + ":" + port());
    }

    /**
     * The latest calls to {@code /crypto/sign} and {@code /crypto/verify} in the order of their arrival, whatever they
     * were answered with.
     */
    public List<Call> calls() {
        return log.calls();
    }

    /** Those of {@link #calls()} that came for a message. */
    public List<Call> calls(String message) {
        return calls().stream().filter(call -> call.message().equals(message)).toList();
    }

    /** Tells {@code listener} of each call from now on, at its arrival and before it is answered. */
    public void tell(Consumer<Call> listener) {
        log.tell(listener);
    }

    /** How many of {@link #calls()} arrived, at most, in any time of length {@code window}. */
    public int mostCallsInAnyWindow(Duration window) {
        return log.mostInAnyWindow(window);
    }

    /** Whether {@code message} is one of those that fail at first. */
    public boolean failsFirst(String message) {
        return upstream.failsFirst(message);
    }

    /** Whether it would sign a message so; costs no call. */
    public boolean isSignature(String message, String signature) {
        return signingKey.verifies(message, signature);
    }

    /** What its signatures are verified with, in PEM. */
    public String publicKey() {
        return signingKey.publicKeyPem();
    }

    /**
     * Lets {@code script} decide from now on what becomes of calls to sign that would be signed or fail, given their
     * message; where it decides nothing, they are answered as usual. It is asked one call at a time and must not block:
     * for that there is {@link Behaviour.Hang}.
     */
    public void follow(Function<String, Optional<Behaviour>> script) {
        upstream.follow(script);
    }

    @Override
    public void close() {
        server.stop();
    }

    private static Throwable rootCause(Throwable thrown) {
        Throwable cause = thrown.getCause();
        return cause == null ? thrown : rootCause(cause);
    }
}
