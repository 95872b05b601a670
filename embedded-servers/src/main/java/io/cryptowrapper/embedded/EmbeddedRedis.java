package io.cryptowrapper.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import redis.embedded.core.ExecutableProvider;

/**
 * A redis-server process on loopback, that keeps its data on disk: the one that comes with the program, or else the one
 * on the PATH.
 */
public final class EmbeddedRedis implements AutoCloseable {

    private static final Duration START_LIMIT = Duration.ofSeconds(10);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(5);
    private static final Duration BEFORE_RESTART = Duration.ofSeconds(1);
    private static final int ATTEMPTS_FOR_A_PORT = 5;

    private final String executable;
    private final Path directory;
    private final int port;
    private final String password;
    private Process process;
    private boolean closed;

    private EmbeddedRedis(String executable, Path directory, int port, String password, Process process) {
        this.executable = executable;
        this.directory = directory;
        this.port = port;
        this.password = password;
        this.process = process;
    }

    /**
     * Starts a server.
     *
     * @param directory where it keeps its data; what an earlier server left there is there again
     * @throws StartException if no server can be started
     */
    public static EmbeddedRedis start(Path directory) {
        Path absolute = directory.toAbsolutePath();
        return start(absolute, executables(absolute));
    }

    /** Starts the first of {@code executables} that runs here. */
    static EmbeddedRedis start(Path directory, List<String> executables) {
        try {
            Files.createDirectories(directory);
            stopLeftover(directory);
            for (String executable : executables) {
                for (int i = 0; i < ATTEMPTS_FOR_A_PORT; i++) {
                    int port = Ports.free();
                    String password = Secret.random();
                    Process started = tryStart(executable, directory, port, password);
                    if (started != null) {
                        return new EmbeddedRedis(executable, directory, port, password, started);
                    }
                }
            }
        } catch (IOException e) {
            throw new StartException("Redis cannot use " + directory + ": " + e.getMessage() + ".", e);
        }
        throw new StartException(
                "The redis-server that comes with this program does not run on this system, and none on"
                        + " the PATH does: install Redis 6.2 or later (" + directory.resolve("redis.log")
                        + " may tell more).");
    }

    public int port() {
        return port;
    }

    /** A new one at each start. */
    public String password() {
        return password;
    }

    public synchronized long pid() {
        return process.pid();
    }

    /**
     * From now on, the server is started again when it ends by itself, where its clients expect it.
     *
     * @param beforeRestart told each time
     */
    public void supervise(Runnable beforeRestart) {
        Thread.ofVirtual().start(() -> {
            try {
                while (!isClosed()) {
                    current().waitFor();
                    restart(beforeRestart);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    @Override
    public synchronized void close() {
        closed = true;
        stop(process.toHandle());
        try {
            Files.deleteIfExists(pidFile(directory));
        } catch (IOException e) {
            // The next start finds that nothing runs under this number.
        }
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private synchronized Process current() {
        return process;
    }

    private void restart(Runnable beforeRestart) throws InterruptedException {
        synchronized (this) {
            if (closed) {
                return;
            }
            beforeRestart.run();
            try {
                Process started = tryStart(executable, directory, port, password);
                if (started != null) {
                    process = started;
                    return;
                }
            } catch (IOException e) {
                // Perhaps the disk is full; perhaps it is not for ever.
            }
        }
        Thread.sleep(BEFORE_RESTART);
    }

    private static List<String> executables(Path directory) {
        List<String> executables = new ArrayList<>();
        try {
            Path programs = Files.createDirectories(directory.resolve("bin"));
            executables.add(ExecutableProvider.newJarResourceProvider(programs.toFile())
                    .get()
                    .getAbsolutePath());
        } catch (IOException | RuntimeException e) {
            // None for this system; the one on the PATH is next.
        }
        executables.add("redis-server");
        return executables;
    }

    private static @Nullable Process tryStart(String executable, Path directory, int port, String password)
            throws IOException {
        // In a file that only its owner can read: everybody can read a command line.
        Path configuration = directory.resolve("redis.conf");
        OwnerOnly.write(configuration, """
            bind 127.0.0.1
            port %d
            requirepass %s
            appendonly yes
            appendfsync everysec
            databases 256
            save ""
            maxmemory-policy noeviction
            dir "%s"
            logfile "%s"
            """.formatted(
                        port, password, slashes(directory), slashes(directory.resolve("redis.log"))));
        Process process;
        try {
            process = new ProcessBuilder(OwnSession.of(List.of(executable, configuration.toString())))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            return null;
        }
        Files.writeString(pidFile(directory), Long.toString(process.pid()));
        if (answers(process, port, password)) {
            return process;
        }
        stop(process.toHandle());
        return null;
    }

    private static boolean answers(Process process, int port, String password) {
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        while (process.isAlive() && System.nanoTime() < deadline) {
            try (var socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
                socket.setSoTimeout(1000);
                socket.getOutputStream()
                        .write(("AUTH " + password + "\r\nPING\r\n").getBytes(StandardCharsets.US_ASCII));
                byte[] bytes = socket.getInputStream().readNBytes("+OK\r\n+PONG\r\n".length());
                String answer = new String(bytes, StandardCharsets.US_ASCII);
                if (answer.equals("+OK\r\n+PONG\r\n")) {
                    return true;
                }
                if (answer.startsWith("+OK\r\n-LOAD")) {
                    // It reads its files, which may take as long as they are large.
                    deadline = System.nanoTime() + START_LIMIT.toNanos();
                }
            } catch (IOException notYet) {
                // Until the deadline.
            }
            try {
                if (process.waitFor(20, TimeUnit.MILLISECONDS)) {
                    return false;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return false;
    }

    /** A server whose parent was killed lives on; two on the same files would destroy them. */
    private static void stopLeftover(Path directory) throws IOException {
        Path pidFile = pidFile(directory);
        if (!Files.exists(pidFile)) {
            return;
        }
        String pid = Files.readString(pidFile).strip();
        if (pid.matches("[0-9]{1,10}")) {
            Optional<ProcessHandle> leftover = ProcessHandle.of(Long.parseLong(pid))
                    .filter(process -> process.info().command().orElse("").contains("redis-server"));
            leftover.ifPresent(EmbeddedRedis::stop);
        }
        Files.delete(pidFile);
    }

    private static void stop(ProcessHandle process) {
        process.destroy();
        try {
            process.onExit().get(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            process.destroyForcibly();
        }
    }

    private static Path pidFile(Path directory) {
        return directory.resolve("redis.pid");
    }

    private static String slashes(Path path) {
        return path.toString().replace('\\', '/');
    }
}
