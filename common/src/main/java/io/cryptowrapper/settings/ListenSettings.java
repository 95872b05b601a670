package io.cryptowrapper.settings;

import static io.cryptowrapper.settings.Check.require;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.springframework.boot.context.properties.bind.Binder;

/**
 * Where a service listens. Spring Boot's own settings, but it fails on them only when everything else has been started,
 * and at length.
 *
 * @param address {@code SERVER_ADDRESS}, the interface
 * @param port {@code SERVER_PORT}; 0 for a free one, -1 for none
 * @param managementAddress {@code MANAGEMENT_SERVER_ADDRESS}, the interface for health and metrics
 * @param managementPort {@code MANAGEMENT_SERVER_PORT}; 0 for a free one, -1 for none
 */
public record ListenSettings(InetAddress address, int port, InetAddress managementAddress, int managementPort) {

    private static final int HIGHEST_PORT = 65535;

    /** @throws InvalidSettingException for one that cannot work on this machine */
    public ListenSettings {
        requirePort("SERVER_PORT", port);
        requirePort("MANAGEMENT_SERVER_PORT", managementPort);
        require(
                port <= 0 || port != managementPort,
                "MANAGEMENT_SERVER_PORT",
                "is the same as SERVER_PORT, " + port + ": set one of them to another");
        requireOwn("SERVER_ADDRESS", address, port);
        requireOwn("MANAGEMENT_SERVER_ADDRESS", managementAddress, managementPort);
    }

    /** Reads them; a port that is not set is taken for a free one. */
    public static ListenSettings from(Binder settings) {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        return new ListenSettings(
                settings.bind("server.address", InetAddress.class).orElse(loopback),
                settings.bind("server.port", Integer.class).orElse(0),
                settings.bind("management.server.address", InetAddress.class).orElse(loopback),
                settings.bind("management.server.port", Integer.class).orElse(0));
    }

    private static void requirePort(String setting, int port) {
        require(
                port >= -1 && port <= HIGHEST_PORT,
                setting,
                "must be from 0 (a free one) to " + HIGHEST_PORT + ", not " + port);
    }

    private static void requireOwn(String setting, InetAddress address, int port) {
        if (port == -1) {
            return;
        }
        try (var _ = new ServerSocket(0, 1, address)) {
            // It is.
        } catch (IOException e) {
            throw new InvalidSettingException(
                    setting,
                    "is not an address of this machine, " + address.getHostAddress()
                            + ": set it to one of its own, or to 0.0.0.0 for all");
        }
    }
}
