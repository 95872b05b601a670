package io.cryptowrapper.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** What Linux tells of processes. */
public final class Processes {

    private static final String LISTEN = "0A";

    private Processes() {}

    /** The process group, which signals from a terminal go to. */
    static long group(ProcessHandle process) {
        try {
            String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
            // After the name in parentheses: state, parent, group.
            return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ", 4)[2]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How much memory a process has, in KiB. */
    public static long memory(ProcessHandle process) {
        return status(process, "VmRSS:");
    }

    /** How many threads a process has; virtual ones are no threads to Linux. */
    public static int threads(ProcessHandle process) {
        return Math.toIntExact(status(process, "Threads:"));
    }

    /** How many sockets a process has open. */
    public static int sockets(ProcessHandle process) {
        return socketsOf(process.pid()).size();
    }

    /** What a JVM tells of its virtual threads. */
    public static String virtualThreads(ProcessHandle jvm) throws IOException {
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(jvm.pid()),
                        "Thread.vthread_scheduler")
                .redirectErrorStream(true)
                .start();
        return new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static long status(ProcessHandle process, String name) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/" + process.pid() + "/status"))) {
            return lines.filter(line -> line.startsWith(name))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where they listen. */
    static List<InetSocketAddress> listening(List<ProcessHandle> processes) {
        Set<String> inodes = new HashSet<>();
        processes.forEach(process -> inodes.addAll(socketsOf(process.pid())));
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            try (Stream<String> lines = Files.lines(Path.of(table))) {
                lines.skip(1)
                        .map(line -> line.strip().split("\\s+"))
                        .filter(columns -> columns[3].equals(LISTEN) && inodes.contains(columns[9]))
                        .forEach(columns -> addresses.add(address(columns[1])));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return addresses;
    }

    private static Set<String> socketsOf(long pid) {
        Set<String> inodes = new HashSet<>();
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            for (Path descriptor : descriptors.toList()) {
                String target = Files.readSymbolicLink(descriptor).toString();
                if (target.startsWith("socket:[")) {
                    inodes.add(target.substring("socket:[".length(), target.length() - 1));
                }
            }
        } catch (IOException | UncheckedIOException e) {
            // It has ended, or closed one meanwhile.
        }
        return inodes;
    }

    /** Words of four bytes, each in the order of the machine, which is taken for a little-endian one. */
    private static InetSocketAddress address(String text) {
        String[] parts = text.split(":", 2);
        byte[] words = HexFormat.of().parseHex(parts[0]);
        byte[] address = new byte[words.length];
        for (int i = 0; i < words.length; i++) {
            address[i] = words[i / 4 * 4 + 3 - i % 4];
        }
        try {
            return new InetSocketAddress(InetAddress.getByAddress(address), Integer.parseInt(parts[1], 16));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
