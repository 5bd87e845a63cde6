package bwmon.monitor.procfs;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * /proc/net/fib_trie: the IPv4 routes, of which the local ones are this host's addresses (net/ipv4/fib_trie.c). Each address
 * stands on a line of its own, and its routes on the lines below.
 *
 * @param local addresses of this host
 * @param broadcast addresses that reach all hosts of a network of this one
 */
public record FibTrie(Set<InetAddress> local, Set<InetAddress> broadcast) {
    private static final Pattern LEAF = Pattern
            .compile(" *\\|-- ([0-9]{1,3})\\.([0-9]{1,3})\\.([0-9]{1,3})\\.([0-9]{1,3})");
    private static final Pattern ROUTE = Pattern.compile(" */32 (?:host LOCAL|link BROADCAST)");

    public FibTrie {
        local = Set.copyOf(local);
        broadcast = Set.copyOf(broadcast);
    }

    /** Reads the file; lines of another form are skipped. */
    static FibTrie read(InputStream file) throws IOException {
        var local = new HashSet<InetAddress>();
        var broadcast = new HashSet<InetAddress>();
        InetAddress leaf = null;
        var lines = new BufferedReader(new InputStreamReader(file, StandardCharsets.US_ASCII));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            Matcher matcher = LEAF.matcher(line);
            if (matcher.matches()) {
                leaf = address(matcher);
            } else if (leaf != null && ROUTE.matcher(line).matches()) {
                (line.endsWith("LOCAL") ? local : broadcast).add(leaf);
            }
        }
        return new FibTrie(local, broadcast);
    }

    private static @Nullable InetAddress address(Matcher dotted) throws IOException {
        var address = new byte[4];
        for (int i = 0; i < address.length; i++) {
            int octet = Integer.parseInt(dotted.group(i + 1));
            if (octet > 255) {
                return null;
            }
            address[i] = (byte) octet;
        }
        return InetAddress.getByAddress(address);
    }
}
