package io.cryptowrapper.settings;

import java.net.InetAddress;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The IP addresses that begin with the same bits, such as {@code 10.0.0.0/8}; an address alone is a block of its own.
 *
 * @param first an address of the block
 * @param bits how many bits all of them begin with
 */
public record AddressBlock(InetAddress first, int bits) {

    private static final String BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";

    /** Four decimal numbers: the shorter, octal and hexadecimal forms are addresses to some and names to others. */
    private static final Pattern V4 = Pattern.compile("(?:" + BYTE + "\\.){3}" + BYTE);

    private static final Pattern V6 = Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");
    private static final Pattern ODD = Pattern.compile("(.*\\.)?([0-9]+|0[xX][0-9A-Fa-f]*)\\.?");
    private static final Pattern BLOCK = Pattern.compile("([^/]{1,45})/([0-9]{1,3})");

    public AddressBlock {
        if (bits < 0 || bits > first.getAddress().length * 8) {
            throw new IllegalArgumentException("no block of addresses has " + bits + " bits");
        }
    }

    /** An address in its usual form, without asking any name server. */
    public static Optional<InetAddress> address(String text) {
        if (!V4.matcher(text).matches()
                && !(text.length() <= 45 && V6.matcher(text).matches())) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.ofLiteral(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Whether a host is an address to some, if perhaps in an odd form: its last label is a number. */
    public static boolean endsInNumber(String host) {
        return ODD.matcher(host).matches();
    }

    /** An address, or an address and a number of bits. */
    public static Optional<AddressBlock> parse(String text) {
        Matcher block = BLOCK.matcher(text);
        if (!block.matches()) {
            return address(text).map(one -> new AddressBlock(one, one.getAddress().length * 8));
        }
        int bits = Integer.parseInt(block.group(2));
        return address(block.group(1))
                .filter(first -> bits <= first.getAddress().length * 8)
                .map(first -> new AddressBlock(first, bits));
    }

    /** Whether an address begins with the same bits. */
    public boolean contains(InetAddress address) {
        byte[] one = first.getAddress();
        byte[] other = address.getAddress();
        if (one.length != other.length) {
            return false;
        }
        int whole = bits / 8;
        for (int i = 0; i < whole; i++) {
            if (one[i] != other[i]) {
                return false;
            }
        }
        return bits % 8 == 0 || (one[whole] ^ other[whole]) >> (8 - bits % 8) == 0;
    }
}
