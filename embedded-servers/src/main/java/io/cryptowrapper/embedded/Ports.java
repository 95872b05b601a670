package io.cryptowrapper.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/** Ports on the loopback interface. */
public final class Ports {

    private Ports() {}

    /** One that was free a moment ago; who uses it must be ready to find it taken. */
    public static int free() {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new StartException("There is no free port on the loopback interface.", e);
        }
    }
}
