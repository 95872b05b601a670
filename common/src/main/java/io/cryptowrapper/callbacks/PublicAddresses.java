package io.cryptowrapper.callbacks;

import io.cryptowrapper.settings.AddressBlock;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Which addresses are those of hosts on the internet, by the registries of special-purpose addresses (RFC 6890). */
final class PublicAddresses {

    private static final List<AddressBlock> SPECIAL_V4 = blocks(
            "0.0.0.0/8", // this network
            "10.0.0.0/8", // private
            "100.64.0.0/10", // shared, behind a carrier's NAT
            "127.0.0.0/8", // loopback
            "169.254.0.0/16", // link-local, and clouds' metadata
            "172.16.0.0/12", // private
            "192.0.0.0/24", // protocol assignments
            "192.0.2.0/24", // documentation
            "192.88.99.0/24", // relays of 6to4
            "192.168.0.0/16", // private
            "198.18.0.0/15", // benchmarks
            "198.51.100.0/24", // documentation
            "203.0.113.0/24", // documentation
            "224.0.0.0/4", // multicast
            "240.0.0.0/4"); // reserved, and broadcast

    /**
     * Of these, as everything outside is something else: loopback, private, link-local, multicast, IPv4 in disguise.
     */
    private static final List<AddressBlock> GLOBAL_V6 = blocks("2000::/3");

    private static final List<AddressBlock> SPECIAL_V6 = blocks(
            "2001::/23", // protocol assignments, Teredo apart
            "2001:db8::/32", // documentation
            "3fff::/20"); // documentation

    private static final AddressBlock NAT64 = blocks("64:ff9b::/96").getFirst();
    private static final AddressBlock SIX_TO_FOUR = blocks("2002::/16").getFirst();
    private static final AddressBlock TEREDO = blocks("2001::/32").getFirst();

    private PublicAddresses() {}

    static boolean contains(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (bytes.length == 4) {
            return !isIn(SPECIAL_V4, address);
        }
        if (NAT64.contains(address)) {
            return contains(v4(bytes, 12));
        }
        if (SIX_TO_FOUR.contains(address)) {
            return contains(v4(bytes, 2));
        }
        if (TEREDO.contains(address)) {
            // The server's, and the client's with all its bits turned.
            byte[] turned = Arrays.copyOf(bytes, bytes.length);
            for (int i = 12; i < turned.length; i++) {
                turned[i] = (byte) ~turned[i];
            }
            return contains(v4(bytes, 4)) && contains(v4(turned, 12));
        }
        return isIn(GLOBAL_V6, address) && !isIn(SPECIAL_V6, address);
    }

    private static boolean isIn(List<AddressBlock> blocks, InetAddress address) {
        return blocks.stream().anyMatch(block -> block.contains(address));
    }

    private static InetAddress v4(byte[] bytes, int from) {
        try {
            return InetAddress.getByAddress(Arrays.copyOfRange(bytes, from, from + 4));
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<AddressBlock> blocks(String... texts) {
        return Stream.of(texts)
                .map(text -> AddressBlock.parse(text).orElseThrow())
                .toList();
    }
}
