package io.cryptowrapper.callbacks;

import io.cryptowrapper.callbacks.CallbackRefusedException.Reason;
import io.cryptowrapper.settings.AddressBlock;
import io.cryptowrapper.settings.AllowedTargets;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Where callbacks may go: to https addresses of hosts on the internet, and to those that the operator allows. Clients
 * name the address, and this process is in a network in which they are not.
 *
 * <p>It is asked twice: when a client names an address, so that it is told, and when a connection is made, to exactly
 * those addresses that were looked at; a name may lead elsewhere by then.
 */
public final class CallbackTargets implements AutoCloseable {

    private static final int LONGEST = 2048;
    private static final Duration PATIENCE_OF_CLIENTS = Duration.ofMillis(500);

    /** So many names may be looked up at the same time; of a server that does not answer each takes seconds. */
    private static final int MOST_LOOKUPS = 32;

    private final AllowedTargets allowed;
    private final NameServer names;
    // Not virtual threads: each would keep a carrier while it waits.
    private final ExecutorService lookups = new ThreadPoolExecutor(
            0,
            MOST_LOOKUPS,
            10,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            Thread.ofPlatform().daemon().name("lookup-", 0).factory());

    /** What knows the addresses of hosts. */
    public interface NameServer {

        InetAddress[] addressesOf(String host) throws UnknownHostException;
    }

    public CallbackTargets(AllowedTargets allowed) {
        this(allowed, InetAddress::getAllByName);
    }

    public CallbackTargets(AllowedTargets allowed, NameServer names) {
        this.allowed = allowed;
        this.names = names;
    }

    /**
     * Looks at what a client names. Takes half a second at most.
     *
     * @throws CallbackRefusedException with a sentence for the client
     */
    public void check(URI url) {
        addressesOf(url, PATIENCE_OF_CLIENTS);
    }

    /**
     * The addresses that a connection may be made to.
     *
     * @param patience how long to wait for a name server
     * @throws CallbackRefusedException if one of them, or the URL itself, may not be called
     */
    public List<InetAddress> addressesOf(URI url, Duration patience) {
        requireWellFormed(url);
        String host = hostOf(url);
        boolean tls = "https".equalsIgnoreCase(url.getScheme());
        int port = url.getPort() != -1 ? url.getPort() : tls ? 443 : 80;
        List<InetAddress> addresses = literal(host).map(List::of).orElseGet(() -> lookUp(host, patience));
        boolean exempt = allowed.allows(host, port) || addresses.stream().allMatch(allowed::allows);
        if (!tls && !exempt) {
            throw malformed("must begin with https://");
        }
        if (!exempt
                && !addresses.stream()
                        .allMatch(address -> PublicAddresses.contains(address) || allowed.allows(address))) {
            throw notPublic();
        }
        return addresses;
    }

    @Override
    public void close() {
        lookups.shutdownNow();
    }

    private static void requireWellFormed(URI url) {
        String text = url.toString();
        if (text.length() > LONGEST) {
            throw malformed("must not be longer than " + LONGEST + " characters");
        }
        if (!text.chars().allMatch(c -> c > ' ' && c < 127)) {
            throw malformed("must be percent-encoded");
        }
        if (!"https".equalsIgnoreCase(url.getScheme()) && !"http".equalsIgnoreCase(url.getScheme())) {
            throw malformed("must begin with https://");
        }
        if (url.getRawFragment() != null) {
            throw malformed("must have no fragment");
        }
        String authority = Optional.ofNullable(url.getRawAuthority()).orElse("");
        if (authority.contains("@")) {
            throw malformed("must have no user name");
        }
        String host = url.getHost();
        if (host == null || host.contains("%")) {
            throw malformed("must have a host: a name, or an IP address in its usual form");
        }
        String rest = authority.substring(host.length());
        if (!rest.isEmpty() && (!rest.matches(":[0-9]{1,5}") || url.getPort() < 1 || url.getPort() > 65535)) {
            throw malformed("must have a port from 1 to 65535, or none");
        }
        String name = hostOf(url);
        if (name.length() > 253
                || (AddressBlock.endsInNumber(name) && literal(name).isEmpty())) {
            throw malformed("must have a host: a name, or an IP address in its usual form");
        }
    }

    /** In lower case, and without the dot that a complete name may end with. */
    private static String hostOf(URI url) {
        return Objects.requireNonNull(url.getHost()).toLowerCase(Locale.ROOT).replaceFirst("\\.$", "");
    }

    private static Optional<InetAddress> literal(String host) {
        return AddressBlock.address(host.replaceAll("[\\[\\]]", ""));
    }

    private List<InetAddress> lookUp(String host, Duration patience) {
        Future<InetAddress[]> found;
        try {
            found = lookups.submit(() -> names.addressesOf(host));
        } catch (RejectedExecutionException tooMany) {
            throw notInTime();
        }
        try {
            InetAddress[] addresses = found.get(patience.toNanos(), TimeUnit.NANOSECONDS);
            if (addresses.length == 0) {
                throw notPublic();
            }
            return List.of(addresses);
        } catch (TimeoutException e) {
            found.cancel(true);
            throw notInTime();
        } catch (ExecutionException e) {
            // As the C library says it of a server that does not answer.
            throw String.valueOf(e.getMessage()).contains("Temporary failure") ? notInTime() : notPublic();
        } catch (InterruptedException e) {
            found.cancel(true);
            Thread.currentThread().interrupt();
            throw notInTime();
        }
    }

    private static CallbackRefusedException malformed(String complaint) {
        return new CallbackRefusedException(Reason.MALFORMED, "A callback's URL " + complaint + ".");
    }

    /** The same for a name that is not known: else it would tell which names are known in this network. */
    private static CallbackRefusedException notPublic() {
        return new CallbackRefusedException(
                Reason.NOT_PUBLIC, "A callback's URL must have a host that can be found, with public addresses only.");
    }

    private static CallbackRefusedException notInTime() {
        return new CallbackRefusedException(
                Reason.NOT_RESOLVED_IN_TIME, "The host of the callback's URL was not found in time.");
    }
}
