package io.cryptowrapper.localstack;

import io.cryptowrapper.embedded.StartException;
import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.settings.EnvironmentVariables;
import io.cryptowrapper.settings.InvalidSettingException;
import io.cryptowrapper.settings.ListenSettings;
import java.net.InetAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.springframework.boot.context.properties.bind.Binder;

/**
 * What an operator of the local stack may set, from the environment. The services read most of it themselves; it is
 * read here as well, so that what cannot work is told before anything is started.
 *
 * @param listen where the API listens
 * @param simulatorAddress {@code SIMULATOR_BIND_ADDRESS}, where the simulated upstream listens
 * @param workers {@code WORKERS}, how many run
 * @param dataDirectory {@code DATA_DIR}, where everything is kept
 * @param crypto the services' own settings; of a simulated upstream, address and key mean nothing
 * @param ownUpstream whether {@code CRYPTO_API_BASE_URL} names an upstream, so that none is simulated
 */
record StackSettings(
        ListenSettings listen,
        InetAddress simulatorAddress,
        int workers,
        Path dataDirectory,
        CryptoSettings crypto,
        boolean ownUpstream) {

    private static final Set<String> OF_UPSTREAM = Set.of(
            "CRYPTOAPIBASEURL", "CRYPTOAPIKEY", "CRYPTOAPIKEYFILE", "CRYPTOAPIPUBLICKEY", "CRYPTOAPIPUBLICKEYFILE");

    static StackSettings from(Map<String, String> environment) {
        boolean ownUpstream = Binder.get(EnvironmentVariables.of(environment))
                .bind("crypto.api.base-url", String.class)
                .isBound();
        Binder settings = Binder.get(EnvironmentVariables.of(ownUpstream ? environment : simulated(environment)));
        int port = number(environment, "SERVER_PORT", "8080", 1, 65535);
        int managementPort = number(environment, "MANAGEMENT_SERVER_PORT", "0", 0, 65535);
        int workers = number(environment, "WORKERS", "1", 0, 64);
        try {
            return new StackSettings(
                    new ListenSettings(
                            address(settings, "server.address"),
                            port,
                            address(settings, "management.server.address"),
                            managementPort),
                    address(settings, "simulator.bind.address"),
                    workers,
                    Path.of(value(environment, "DATA_DIR", "data")),
                    settings.bind("crypto", CryptoSettings.class).get(),
                    ownUpstream);
        } catch (RuntimeException e) {
            InvalidSettingException invalid = InvalidSettingException.findIn(e);
            throw invalid == null ? e : new StartException(Objects.requireNonNull(invalid.getMessage()), e);
        }
    }

    /**
     * The directory below {@link #dataDirectory} for what one upstream has signed and for what waits for it: a
     * signature is none of another upstream's, and nothing that waits for one may use another's budget.
     */
    String upstreamDirectory() {
        if (!ownUpstream) {
            return "simulated";
        }
        URI url = crypto.api().baseUrl();
        boolean usual = url.getPort() == -1 || url.getPort() == ("http".equalsIgnoreCase(url.getScheme()) ? 80 : 443);
        String name = url.getHost().toLowerCase(Locale.ROOT) + (usual ? "" : ":" + url.getPort()) + url.getRawPath();
        return "upstream-" + URLEncoder.encode(name, StandardCharsets.UTF_8);
    }

    /** Whether people may try it out in a browser, which cannot send a client's key when it opens a page. */
    boolean hasDocsPage() {
        return crypto.client().keys().isEmpty();
    }

    /** Whether Spring Boot takes the upstream's address or one of its keys from a variable, however that is spelled. */
    static boolean isOfUpstream(String variable) {
        return OF_UPSTREAM.contains(variable.replace("_", "").toUpperCase(Locale.ROOT));
    }

    private static Map<String, String> simulated(Map<String, String> environment) {
        Map<String, String> all = new HashMap<>(environment);
        all.keySet().removeIf(StackSettings::isOfUpstream);
        all.put("CRYPTO_API_BASE_URL", "http://simulated");
        all.put("CRYPTO_API_KEY", "-");
        return all;
    }

    private static InetAddress address(Binder settings, String property) {
        return settings.bind(property, InetAddress.class).orElse(InetAddress.getLoopbackAddress());
    }

    private static int number(Map<String, String> environment, String name, String standard, int least, int most) {
        String value = value(environment, name, standard);
        int number = value.matches("[0-9]{1,5}") ? Integer.parseInt(value) : -1;
        if (number < least || number > most) {
            throw new StartException(
                    name + " must be a whole number from " + least + " to " + most + ", not '" + value + "'.");
        }
        return number;
    }

    private static String value(Map<String, String> environment, String name, String standard) {
        String value = environment.getOrDefault(name, "").strip();
        return value.isEmpty() ? standard : value;
    }
}
