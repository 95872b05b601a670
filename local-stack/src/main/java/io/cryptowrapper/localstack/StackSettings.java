package io.cryptowrapper.localstack;

import io.cryptowrapper.embedded.StartException;
import io.cryptowrapper.settings.CryptoSettings;
import io.cryptowrapper.settings.InvalidSettingException;
import io.cryptowrapper.settings.ListenSettings;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

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

    static StackSettings from(Map<String, String> environment) {
        boolean ownUpstream = given(environment.get("CRYPTO_API_BASE_URL"));
        Binder settings = binder(environment, ownUpstream);
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
     * What one upstream signed is no signature of another, and what waits for one is not to use another's budget: the
     * directory's name, below {@link #dataDirectory}, in which all of that is kept.
     */
    String upstreamDirectory() {
        if (!ownUpstream) {
            return "simulated";
        }
        URI url = crypto.api().baseUrl();
        String port = url.getPort() == -1 ? "" : ":" + url.getPort();
        return (url.getHost() + port + url.getRawPath()).replaceAll("[^A-Za-z0-9.-]", "_");
    }

    private static Binder binder(Map<String, String> environment, boolean ownUpstream) {
        Map<String, Object> all = new HashMap<>(environment);
        if (!ownUpstream) {
            all.put("CRYPTO_API_BASE_URL", "http://simulated");
            all.put("CRYPTO_API_KEY", "-");
            all.remove("CRYPTO_API_KEY_FILE");
        }
        String name = StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME;
        var sources = new StandardEnvironment();
        sources.getPropertySources().replace(name, new SystemEnvironmentPropertySource(name, all));
        return Binder.get(sources);
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
        String value = environment.getOrDefault(name, "");
        return given(value) ? value.strip() : standard;
    }

    private static boolean given(@Nullable String value) {
        return value != null && !value.isBlank();
    }
}
