package io.cryptowrapper.settings;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The file of the clients' keys: on each line a name, the SHA-256 of a key, and perhaps how many requests may be made
 * with it. What follows a {@code #} is a comment.
 *
 * <p>What is wrong is told with the number of its line and never quoted: a key may stand where its hash should.
 */
final class ClientKeysFile {

    private static final String SETTING = "CRYPTO_CLIENT_KEYS_FILE";

    private static final int MOST_BYTES = 256 * 1024;
    private static final int MOST_KEYS = 1000;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final Pattern SHA_256 = Pattern.compile("[0-9A-Fa-f]{64}");
    private static final Pattern REQUESTS = Pattern.compile("[0-9]{1,9}");

    private final Path file;
    private final int usualRequests;
    private final List<ClientKey> keys = new ArrayList<>();
    private final Map<String, Integer> lineOf = new HashMap<>();

    private ClientKeysFile(Path file, int usualRequests) {
        this.file = file;
        this.usualRequests = usualRequests;
    }

    /**
     * Reads it.
     *
     * @param usualRequests what holds for a key that has no number of its own
     * @throws InvalidSettingException if it cannot be read, or has no key
     */
    static List<ClientKey> read(Path file, int usualRequests) {
        var reading = new ClientKeysFile(file, usualRequests);
        List<String> lines = reading.content().lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            reading.line(i + 1, lines.get(i).replaceFirst("#.*", "").strip());
        }
        // Whoever names a file wants keys to be asked for: one that was emptied by mistake must not open the door.
        if (reading.keys.isEmpty()) {
            throw reading.wrong("a file without a key");
        }
        return List.copyOf(reading.keys);
    }

    private String content() {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MOST_BYTES + 1);
            if (bytes.length > MOST_BYTES) {
                throw wrong("a file of more than " + MOST_BYTES / 1024 + " KiB");
            }
            return new String(bytes, UTF_8);
        } catch (IOException e) {
            throw wrong("a file that cannot be read");
        }
    }

    private void line(int number, String line) {
        if (line.isEmpty()) {
            return;
        }
        String[] words = line.split("\\s+", 4);
        if (words.length < 2 || words.length > 3) {
            throw wrong(number, "is not a name, the SHA-256 of a key and, if it is wanted, a number of requests");
        }
        if (!NAME.matcher(words[0]).matches()) {
            throw wrong(number, "does not begin with a name of up to 64 letters, digits, '.', '_' and '-'");
        }
        if (!SHA_256.matcher(words[1]).matches()) {
            throw wrong(number, "has no SHA-256 of 64 hexadecimal digits after the name");
        }
        String sha256 = words[1].toLowerCase(Locale.ROOT);
        Integer other = lineOf.putIfAbsent(sha256, number);
        if (other != null) {
            throw wrong(number, "has the same key as line " + other);
        }
        if (keys.size() == MOST_KEYS) {
            throw wrong(number, "is one too many: at most " + MOST_KEYS + " keys are taken");
        }
        keys.add(new ClientKey(words[0], sha256, words.length == 2 ? usualRequests : requests(number, words[2])));
    }

    private int requests(int line, String text) {
        int requests = REQUESTS.matcher(text).matches() ? Integer.parseInt(text) : 0;
        if (requests < 1 || requests > ClientSettings.MOST_REQUESTS) {
            throw wrong(line, "has a number of requests that is not one from 1 to " + ClientSettings.MOST_REQUESTS);
        }
        return requests;
    }

    private InvalidSettingException wrong(int line, String complaint) {
        return wrong("a file whose line " + line + " " + complaint);
    }

    private InvalidSettingException wrong(String what) {
        return new InvalidSettingException(SETTING, "names " + what + ": " + file);
    }
}
