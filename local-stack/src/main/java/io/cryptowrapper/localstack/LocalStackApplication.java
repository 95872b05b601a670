package io.cryptowrapper.localstack;

import io.cryptowrapper.embedded.StartException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** The program behind {@code ./run}. */
final class LocalStackApplication {

    /** Longer than all that has a limit of its own. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(20);

    private LocalStackApplication() {}

    /** @param args the project's root */
    static void main(String[] args) throws InterruptedException {
        var console = new Console(System.out);
        try {
            Path root = Path.of(args.length == 1 ? args[0] : ".");
            StackSettings settings = StackSettings.from(System.getenv());
            var stack = new LocalStack(settings, Programs.builtIn(root), console);
            // Ctrl-C and SIGTERM end here as well as a failed start does.
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(stack), "stop"));
            stack.start();
            console.plain(whatToTry(settings, stack.url()));
        } catch (StartException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
        new CountDownLatch(1).await();
    }

    private static void stop(LocalStack stack) {
        // What is still starting fails now, and tells so at length.
        var nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        System.setOut(nowhere);
        System.setErr(nowhere);
        // The process ends with its last hook, whatever then hangs; what is left of it is in order at the next start.
        Thread closing = Thread.ofPlatform().daemon().name("close").start(stack::close);
        try {
            closing.join(STOP_LIMIT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String whatToTry(StackSettings settings, String url) {
        return """

            It is up. In another terminal, try this, and again while success is false:

              curl %4$s'%1$s/crypto/sign?message=hello'
            %5$s
            Or let the end be posted to you (README.md, Callbacks); %6$s.

            %2$s Everything is kept in %3$s.
            Ctrl-C stops it.
            """.formatted(
                url,
                settings.ownUpstream()
                        ? "The upstream is the one in CRYPTO_API_BASE_URL."
                        : "The upstream is simulated: about half of all messages fail for a while.",
                settings.dataDirectory().toAbsolutePath(),
                settings.crypto().client().keys().isEmpty() ? "" : "-H 'Authorization: Bearer <key>' ",
                settings.hasDocsPage() ? "\nor all that it can do, in a browser: " + url + "/docs/\n" : "",
                settings.crypto().callbacks().enabled()
                        ? "it is signed by what CRYPTO_CALLBACK_SECRETS holds"
                        : "the secret that it is signed by is in "
                                + settings.dataDirectory().toAbsolutePath().resolve(CallbackSecret.FILE));
    }
}
