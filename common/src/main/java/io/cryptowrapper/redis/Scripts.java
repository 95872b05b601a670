package io.cryptowrapper.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.springframework.data.redis.core.script.RedisScript;

/** Scripts that Redis carries out, from files beside the classes that use them. */
public final class Scripts {

    private Scripts() {}

    /**
     * Reads a script, once: Spring looks at each use whether a script's file has changed, for which it opens the
     * program's jar, while a client waits and with the class loader's locks.
     *
     * @param file its name, beside {@code user}
     * @throws IllegalStateException if there is none
     */
    public static <T> RedisScript<T> read(String file, Class<?> user, Class<T> result) {
        try (InputStream in = user.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("There is no " + file + " beside " + user);
            }
            return RedisScript.of(new String(in.readAllBytes(), StandardCharsets.UTF_8), result);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
