package io.cryptowrapper.settings;

import io.cryptowrapper.signing.SignatureCheck;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;

/** The rules that several settings share, each ending in one sentence for the operator. */
final class Check {

    private static final int LONGEST_KEY = 4096;

    private Check() {}

    static void require(boolean holds, String setting, String complaint) {
        if (!holds) {
            throw new InvalidSettingException(setting, complaint);
        }
    }

    static void requireBetween(String setting, Duration value, Duration least, Duration most) {
        require(
                value.compareTo(least) >= 0 && value.compareTo(most) <= 0,
                setting,
                "must be from " + print(least) + " to " + print(most) + ", not " + print(value));
    }

    static void requireBetween(String setting, int value, int least, int most) {
        require(value >= least && value <= most, setting, "must be from " + least + " to " + most + ", not " + value);
    }

    static URI baseUrl(String setting, @Nullable URI url) {
        if (url == null || url.toString().isEmpty()) {
            throw new InvalidSettingException(
                    setting, "is missing: set it to the upstream's address, for example https://api.example.com");
        }
        boolean http = "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
        boolean plain = url.getRawQuery() == null && url.getRawFragment() == null && url.getRawUserInfo() == null;
        // The value itself is not printed: a password may have been put into it.
        require(
                http && url.getHost() != null && plain,
                setting,
                "must be an http or https address without query, fragment or user, for example"
                        + " https://api.example.com");
        return URI.create(url.toString().replaceAll("/+$", ""));
    }

    static String key(String setting, @Nullable String key, @Nullable Path file) {
        String value = textOrFile(setting, key, file);
        if (value == null) {
            throw new InvalidSettingException(
                    setting,
                    "is missing: set it to the upstream's key, or " + setting + "_FILE to a file that holds it");
        }
        String stripped = value.strip();
        require(
                stripped.length() <= LONGEST_KEY && stripped.chars().allMatch(c -> c >= ' ' && c < 127),
                setting,
                "must be one line of printable ASCII characters");
        return stripped;
    }

    /** A public key in PEM; null if there is none. */
    static @Nullable String publicKey(String setting, @Nullable String key, @Nullable Path file) {
        String pem = textOrFile(setting, key, file);
        if (pem == null) {
            return null;
        }
        try {
            SignatureCheck.by(pem);
            return pem;
        } catch (IllegalArgumentException e) {
            // What it is instead is not printed: a private key may have been put into it.
            boolean inFile = key == null || key.isBlank();
            throw new InvalidSettingException(
                    inFile ? setting + "_FILE" : setting,
                    (inFile ? "must name a file with" : "must be")
                            + " the upstream's public key (RSA, EC or Ed25519) in PEM, which begins with"
                            + " -----BEGIN PUBLIC KEY-----");
        }
    }

    /** What is set, or what the file that is set holds; null if neither is. */
    static @Nullable String textOrFile(String setting, @Nullable String text, @Nullable Path file) {
        // An empty variable is as good as none: it is all that some launchers can do to take one away.
        boolean given = text != null && !text.isBlank();
        boolean inFile = file != null && !file.toString().isBlank();
        if (given && inFile) {
            throw new InvalidSettingException(setting, "and " + setting + "_FILE are both set: keep one of them");
        }
        return file != null && inFile ? read(setting + "_FILE", file) : given ? text : null;
    }

    private static String read(String setting, Path file) {
        try {
            if (Files.size(file) > LONGEST_KEY) {
                throw new InvalidSettingException(setting, "names a file that is too long for a key: " + file);
            }
            String content = Files.readString(file);
            require(!content.isBlank(), setting, "names a file that is empty: " + file);
            return content;
        } catch (IOException e) {
            throw new InvalidSettingException(setting, "names a file that cannot be read: " + file);
        }
    }

    private static String print(Duration duration) {
        return duration.toMillis() % 1000 != 0
                ? DurationStyle.SIMPLE.print(duration, java.time.temporal.ChronoUnit.MILLIS)
                : DurationStyle.SIMPLE.print(duration, java.time.temporal.ChronoUnit.SECONDS);
    }
}
