package io.cryptowrapper.settings;

import static io.cryptowrapper.settings.Check.require;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where callbacks may go though nobody else's could: hosts, with or without a port, and blocks of addresses. */
public final class AllowedTargets {

    /** None but those that anybody's callbacks may go to. */
    public static final AllowedTargets NONE = new AllowedTargets("", List.of());

    private static final int MOST = 100;

    private static final Pattern HOST = Pattern.compile("(?=.{1,253}$)[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?");
    private static final Pattern HOST_AND_PORT = Pattern.compile("([^:]+|\\[[0-9a-f:.]+\\]):([1-9][0-9]{0,4})");

    private final Set<String> hosts = new HashSet<>();
    private final List<AddressBlock> blocks = new ArrayList<>();

    private AllowedTargets(String setting, List<String> entries) {
        require(entries.size() <= MOST, setting, "must be a list of up to " + MOST + " entries");
        for (String entry : entries) {
            require(
                    isTaken(entry.strip().toLowerCase(Locale.ROOT)),
                    setting,
                    "must be a list of hosts, addresses and blocks of addresses, for example"
                            + " hooks.internal,build.internal:8443,10.1.0.0/16,[::1]:9000");
        }
    }

    /** @throws InvalidSettingException if one of the entries is none of these */
    static AllowedTargets of(String setting, List<String> entries) {
        return new AllowedTargets(setting, entries);
    }

    /** Whether a host is listed, as it is or with this port. */
    public boolean allows(String host, int port) {
        return hosts.contains(host) || hosts.contains(host + ":" + port);
    }

    /** Whether an address is in one of the blocks. */
    public boolean allows(InetAddress address) {
        return blocks.stream().anyMatch(block -> block.contains(address));
    }

    private boolean isTaken(String entry) {
        var block = AddressBlock.parse(entry);
        if (block.isPresent()) {
            return blocks.add(block.get());
        }
        Matcher withPort = HOST_AND_PORT.matcher(entry);
        if (!withPort.matches()) {
            return isHost(entry) && (hosts.add(entry) || hosts.contains(entry));
        }
        String host = withPort.group(1);
        if (Integer.parseInt(withPort.group(2)) > 65535 || (!isHost(host) && !isAddress(host))) {
            return false;
        }
        hosts.add(entry);
        return true;
    }

    private static boolean isHost(String text) {
        return HOST.matcher(text).matches() && !AddressBlock.endsInNumber(text);
    }

    private static boolean isAddress(String host) {
        return AddressBlock.address(host.replaceAll("[\\[\\]]", "")).isPresent();
    }
}
