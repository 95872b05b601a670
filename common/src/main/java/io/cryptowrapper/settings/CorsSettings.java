package io.cryptowrapper.settings;

import static io.cryptowrapper.settings.Check.require;

import java.util.List;
import java.util.regex.Pattern;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Which web pages may use the API from a browser.
 *
 * @param origins their origins, as browsers send them; {@code *} alone for all, and none for none
 */
public record CorsSettings(@DefaultValue List<String> origins) {

    private static final String ALL = "*";
    private static final int MOST = 100;

    /** A browser sends a scheme and a host in lower case, a port only where it is not the scheme's own, and no path. */
    private static final Pattern ORIGIN =
            Pattern.compile("[a-z][a-z0-9+.-]{0,29}://([a-z0-9._-]{1,253}|\\[[0-9a-f:.]{2,45}])(:[1-9][0-9]{0,4})?");

    private static final Pattern USELESS_PORT = Pattern.compile("http:.*:80|https:.*:443");

    public CorsSettings {
        require(
                origins.size() <= MOST
                        && (origins.equals(List.of(ALL)) || origins.stream().allMatch(CorsSettings::isOrigin)),
                "CRYPTO_CORS_ORIGINS",
                "must be * or a list of up to " + MOST + " origins as browsers send them, for example"
                        + " https://app.example.com,http://localhost:3000");
        origins = List.copyOf(origins);
    }

    /** Whether the pages of all origins may. */
    public boolean all() {
        return origins.contains(ALL);
    }

    private static boolean isOrigin(String origin) {
        return ORIGIN.matcher(origin).matches() && !USELESS_PORT.matcher(origin).matches();
    }
}
