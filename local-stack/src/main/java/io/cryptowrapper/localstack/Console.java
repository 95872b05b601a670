package io.cryptowrapper.localstack;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Where all lines go, each marked by the service it comes from. */
final class Console {

    private static final int WIDTH = 9;

    private final PrintStream out;

    Console(PrintStream out) {
        this.out = out;
    }

    void say(String line) {
        print("stack", line);
    }

    /** Without a mark, so that it can be copied. */
    void plain(String text) {
        synchronized (out) {
            out.println(text);
            out.flush();
        }
    }

    /** Prints what a service says, until it ends. */
    Thread pump(String service, InputStream output) {
        return Thread.ofVirtual().start(() -> {
            try (var lines = new BufferedReader(new InputStreamReader(output, StandardCharsets.UTF_8))) {
                String line;
                while ((line = lines.readLine()) != null) {
                    print(service, line);
                }
            } catch (IOException e) {
                // The service has ended.
            }
        });
    }

    private void print(String service, String line) {
        String mark = service + " ".repeat(Math.max(0, WIDTH - service.length()));
        synchronized (out) {
            out.println(mark + " | " + line);
            out.flush();
        }
    }
}
