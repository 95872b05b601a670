package io.cryptowrapper.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A way to a server on this machine that tests can cut, make silent or slow: to whoever goes through it, the server is
 * then gone, or there and not answering, or late.
 */
public final class Gate implements AutoCloseable {

    /**
     * Below the range that systems give to clients: one that tries to connect to a closed port of that range is
     * sometimes given the same port, and connects to itself.
     */
    private static final int FIRST_PORT = 20_000;

    private static final int PORTS = 12_000;

    private static final Duration FOREVER = Duration.ofDays(1);

    private final int target;
    private final int port;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final Set<Socket> stranded = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition opened = lock.newCondition();
    private boolean silent;
    private Duration answerDelay = Duration.ZERO;
    private @Nullable ServerSocket entrance;
    private @Nullable Thread acceptor;

    private Gate(int target) {
        this.target = target;
        this.port = freePort();
    }

    /** An open way to what listens on {@code port} of the loopback interface. */
    public static Gate to(int port) {
        Gate gate = new Gate(port);
        gate.open();
        return gate;
    }

    /** Where to go instead. */
    public int port() {
        return port;
    }

    /** Ends all connections and refuses new ones. */
    public void cut() {
        lock.lock();
        try {
            if (entrance != null && acceptor != null) {
                closeQuietly(entrance);
                entrance = null;
                // Until it has noticed, the port is still bound.
                acceptor.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
        sockets.forEach(Gate::closeQuietly);
    }

    /** Keeps all connections and takes new ones, but lets nothing through until it is opened. */
    public void silence() {
        lock.lock();
        try {
            silent = true;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Lets nothing through the connections that there are, ever again, and tells neither side; new ones are as good as
     * any. To whoever has one of the old ones, the other side has vanished.
     */
    public void strand() {
        lock.lock();
        try {
            stranded.addAll(sockets);
        } finally {
            lock.unlock();
        }
    }

    /** Lets requests through and keeps their answers back, until it is opened. */
    public void mute() {
        slow(FOREVER);
    }

    /** Lets each piece of an answer through only after {@code delay}, until it is opened. */
    public void slow(Duration delay) {
        lock.lock();
        try {
            answerDelay = delay;
        } finally {
            lock.unlock();
        }
    }

    /** Lets everything through again, at once. */
    public void open() {
        lock.lock();
        try {
            silent = false;
            answerDelay = Duration.ZERO;
            opened.signalAll();
            if (entrance == null) {
                var socket = new ServerSocket();
                socket.setReuseAddress(true);
                socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                entrance = socket;
                acceptor = Thread.ofVirtual().start(() -> accept(socket));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        cut();
        lock.lock();
        try {
            silent = false;
            opened.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private static int freePort() {
        while (true) {
            int candidate = FIRST_PORT + ThreadLocalRandom.current().nextInt(PORTS);
            try (var socket = new ServerSocket(candidate, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException taken) {
                // Another one, then.
            }
        }
    }

    private void accept(ServerSocket from) {
        while (!from.isClosed()) {
            try {
                Socket client = from.accept();
                sockets.add(client);
                Thread.ofVirtual().start(() -> connect(client));
            } catch (IOException e) {
                // It was cut.
            }
        }
    }

    private void connect(Socket client) {
        try {
            awaitSound();
            var server = new Socket(InetAddress.getLoopbackAddress(), target);
            sockets.add(server);
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            Thread.ofVirtual().start(() -> pass(server, client, true));
            pass(client, server, false);
        } catch (IOException e) {
            drop(client);
        }
    }

    private void pass(Socket from, Socket to, boolean answers) {
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] piece = new byte[8192];
            int length;
            while ((length = in.read(piece)) >= 0) {
                awaitSound();
                if (answers) {
                    delay();
                }
                if (!stranded.contains(from)) {
                    out.write(piece, 0, length);
                }
            }
        } catch (IOException e) {
            // One of the two has ended it.
        } finally {
            drop(from);
            drop(to);
        }
    }

    private void delay() throws IOException {
        lock.lock();
        try {
            long left = answerDelay.toNanos();
            while (left > 0 && !answerDelay.isZero()) {
                left = opened.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        } finally {
            lock.unlock();
        }
    }

    private void awaitSound() {
        lock.lock();
        try {
            while (silent) {
                opened.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    private void drop(Socket socket) {
        closeQuietly(socket);
        sockets.remove(socket);
        stranded.remove(socket);
    }

    private static void closeQuietly(AutoCloseable socket) {
        try {
            socket.close();
        } catch (Exception e) {
            // It is closed, one way or the other.
        }
    }
}
