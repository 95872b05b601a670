package io.cryptowrapper.faults;

import io.cryptowrapper.system.Programs;
import io.cryptowrapper.testing.RawHttp;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Clients that send new messages at a steady rate and poll for those that wait, and write down what they are told. */
final class Clients implements AutoCloseable {

    private static final Pattern SIGNED = Pattern.compile("\"success\":true,\"value\":\"([^\"]+)\"");

    /** Polls for one new message. */
    private static final int POLLS = 3;

    private static final Duration PROMISED = Duration.ofSeconds(2);

    private final Programs programs;
    private final Ledger ledger;
    private final @Nullable Callbacks callbacks;
    private final String name;
    private final ScheduledExecutorService pace = Executors.newSingleThreadScheduledExecutor();
    private final ExecutorService requests = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicInteger sent = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicInteger away = new AtomicInteger();
    private final AtomicInteger cutOff = new AtomicInteger();
    private final AtomicInteger late = new AtomicInteger();
    private final AtomicLong slowest = new AtomicLong();
    private final List<String> wrong = new ArrayList<>();

    /** @param name what their messages begin with */
    Clients(Programs programs, Ledger ledger, String name) {
        this(programs, ledger, null, name);
    }

    /** @param callbacks what each message's end is to be posted to, with its first request */
    Clients(Programs programs, Ledger ledger, @Nullable Callbacks callbacks, String name) {
        this.programs = programs;
        this.ledger = ledger;
        this.callbacks = callbacks;
        this.name = name;
    }

    /** Lets them send so many new messages a second from now on. */
    void send(double perSecond) {
        long period = Math.round(1e9 / perSecond);
        every(period, () -> askFirst(name + sent.incrementAndGet()));
        every(period / POLLS, this::poll);
    }

    /** However long each takes. */
    private void every(long nanos, Runnable request) {
        var _ = pace.scheduleAtFixedRate(() -> requests.execute(request), nanos, nanos, TimeUnit.NANOSECONDS);
    }

    /**
     * Asks for a message once.
     *
     * @return whether there is an API that could be asked
     */
    boolean ask(String message) {
        return ask(message, () -> programs.ask(message), () -> {});
    }

    /** Nothing if there is none. */
    static String signatureIn(String body) {
        Matcher signature = SIGNED.matcher(body);
        return signature.find() ? signature.group(1) : "";
    }

    private void askFirst(String message) {
        if (callbacks == null) {
            ask(message);
        } else {
            String target = callbacks.target(message);
            ask(message, () -> programs.get(target), () -> callbacks.promised(message));
        }
    }

    private boolean ask(String message, Request request, Runnable whenTaken) {
        long asked = System.nanoTime();
        RawHttp.Response response;
        try {
            response = request.send();
        } catch (ConnectException notUp) {
            away.incrementAndGet();
            return false;
        } catch (IOException | IndexOutOfBoundsException | NumberFormatException broken) {
            // The API was killed: whether the message was accepted is unknown, and nothing was promised.
            cutOff.incrementAndGet();
            return true;
        }
        long took = System.nanoTime() - asked;
        slowest.accumulateAndGet(took, Math::max);
        if (took > PROMISED.toNanos()) {
            late.incrementAndGet();
        }
        if (isTaken(message, response)) {
            whenTaken.run();
        }
        return true;
    }

    /** Notes what the answer says, and tells whether it is a promise. */
    private boolean isTaken(String message, RawHttp.Response response) {
        String body = response.body();
        Matcher signature = SIGNED.matcher(body);
        if (response.status() == 503) {
            refused.incrementAndGet();
        } else if (response.status() != 200) {
            wrong(message + ": " + response.status() + " " + body);
        } else if (signature.find()) {
            if (!ledger.signed(message, signature.group(1))) {
                wrong(message + ": another signature than before");
            }
        } else if (body.contains("\"retry_in_seconds\":")) {
            ledger.accepted(message);
        } else if (body.endsWith("}")) {
            ledger.rejected(message);
        } else {
            // Cut off by a kill.
            cutOff.incrementAndGet();
            return false;
        }
        return response.status() == 200;
    }

    /** Half of the messages are left alone: were one of them lost, nobody's question would make it known again. */
    private void poll() {
        String message = ledger.anyWaiting(any -> any.hashCode() % 2 == 0);
        if (message != null) {
            ask(message);
        }
    }

    private interface Request {
        RawHttp.Response send() throws IOException;
    }

    private synchronized void wrong(String what) {
        wrong.add(what);
    }

    /** Answers that should not be there. */
    synchronized List<String> wrong() {
        return List.copyOf(wrong);
    }

    String summary() {
        return "%d new messages sent; the slowest answer took %d ms, %d took longer than 2 s; %d refused with 503, %d cut off, %d while no API was there"
                .formatted(
                        sent.get(),
                        TimeUnit.NANOSECONDS.toMillis(slowest.get()),
                        late.get(),
                        refused.get(),
                        cutOff.get(),
                        away.get());
    }

    /** Ends all of them; what is on its way is waited for. */
    void stop() {
        pace.shutdownNow();
        requests.close();
    }

    @Override
    public void close() {
        stop();
    }
}
