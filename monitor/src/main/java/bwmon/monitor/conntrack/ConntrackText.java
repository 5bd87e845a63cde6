package bwmon.monitor.conntrack;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import bwmon.monitor.procfs.Lines;
import org.jspecify.annotations.Nullable;

/**
 * The connection table as text: /proc/PID/net/nf_conntrack (ct_seq_show, net/netfilter/nf_conntrack_standalone.c) and the
 * older ip_conntrack, whose lines lack the two words of the family. For kernels and containers without ctnetlink.
 *
 * <p>The text tells less than a message: no id (0), no times (null; {@code delta-time=} is of whole seconds), and of the
 * status only whether there was a reply, whether it is assured, and whether it is offloaded, which hides the former.
 */
public final class ConntrackText {
    /** The bits of the status that a line tells of, linux/netfilter/nf_conntrack_common.h. */
    private static final int IPS_SEEN_REPLY = 1 << 1;
    private static final int IPS_ASSURED = 1 << 2;
    private static final int IPS_CONFIRMED = 1 << 3;
    private static final int IPS_OFFLOAD = 1 << 14;
    private static final int IPS_HW_OFFLOAD = 1 << 15;

    private static final byte[] ASSURED = DirectionText.ascii("[ASSURED]");
    private static final byte[] OFFLOAD = DirectionText.ascii("[OFFLOAD]");
    private static final byte[] HW_OFFLOAD = DirectionText.ascii("[HW_OFFLOAD]");
    private static final byte[] UNREPLIED = DirectionText.ascii("[UNREPLIED]");

    private static final byte[] IPV4 = DirectionText.ascii("ipv4");
    private static final byte[] IPV6 = DirectionText.ascii("ipv6");
    private static final byte[] SRC = DirectionText.ascii("src=");
    private static final byte[] ZONE_ORIG = DirectionText.ascii("zone-orig=");
    private static final byte[] ZONE_REPLY = DirectionText.ascii("zone-reply=");
    private static final byte[] ZONE = DirectionText.ascii("zone=");
    private static final byte[] MARK = DirectionText.ascii("mark=");

    /** IPPROTO_TCP, linux/in.h. */
    private static final int IPPROTO_TCP = 6;
    /** tcp_conntrack_names, net/netfilter/nf_conntrack_proto_tcp.c: in the order of the states. */
    private static final byte[][] STATES = Stream.of(TcpState.values()).map(state -> DirectionText.ascii(state.name()))
            .toArray(byte[][]::new);
    /** What older kernels, which did not use it, called TCP_CONNTRACK_SYN_SENT2. */
    private static final byte[] LISTEN = DirectionText.ascii("LISTEN");

    /**
     * What a file has in it. As large as the kernel's own table.
     *
     * @param connections in the kernel's order; one that lasts may be in it twice, or not at all, where others came and
     *     went while it was read
     * @param malformed how many lines were of another form, and so are missing; 0 or more
     */
    public record Table(List<Connection> connections, long malformed) {
        public Table {
            connections = List.copyOf(connections);
        }
    }

    private final Lines line;
    private final DirectionText original = new DirectionText();
    private final DirectionText reply = new DirectionText();

    private ConntrackText(InputStream file) {
        line = new Lines(file);
    }

    /**
     * The table of the calling thread's network namespace.
     *
     * @param procRoot where /proc is
     * @return empty if the kernel has no such file: built without CONFIG_NF_CONNTRACK_PROCFS, or its module is not loaded
     * @throws java.nio.file.AccessDeniedException without CAP_NET_ADMIN or root's right to read it
     */
    public static Optional<Table> read(Path procRoot) throws IOException {
        for (String name : List.of("nf_conntrack", "ip_conntrack")) {
            try (InputStream file = Files.newInputStream(procRoot.resolve("thread-self/net").resolve(name))) {
                return Optional.of(read(file));
            } catch (NoSuchFileException e) {
                // Then by its older name.
            }
        }
        return Optional.empty();
    }

    /** Reads a file; every line may have either form. */
    public static Table read(InputStream file) throws IOException {
        var text = new ConntrackText(file);
        var connections = new ArrayList<Connection>();
        long malformed = 0;
        while (text.line.next()) {
            Connection connection = text.connection();
            if (connection == null) {
                malformed++;
            } else {
                connections.add(connection);
            }
        }
        return new Table(connections, malformed + text.line.leftOut());
    }

    private @Nullable Connection connection() {
        boolean isIpv6 = line.takeWord(IPV6);
        if (isIpv6 || line.takeWord(IPV4)) {
            line.pass(1); // its number
        }
        line.pass(1); // the protocol's name, "unknown" for many
        line.word();
        long protocol = line.decimal();
        if (protocol < 0 || protocol > 0xff || !line.atEndOfWord() || !line.word()) {
            return null;
        }
        long timeout = -1; // an offloaded connection has none
        if (line.peek() >= '0' && line.peek() <= '9') {
            timeout = line.decimal();
            if (timeout < 0 || !line.atEndOfWord()) {
                return null;
            }
            line.word();
        }
        TcpState state = protocol == IPPROTO_TCP ? state() : null;
        original.clear(isIpv6);
        reply.clear(isIpv6);
        return rest((int) protocol, timeout, state);
    }

    private @Nullable TcpState state() {
        for (int i = 0; i < STATES.length; i++) {
            if (line.takeWord(STATES[i])) {
                return TcpState.of(i);
            }
        }
        return line.takeWord(LISTEN) ? TcpState.SYN_SENT2 : null;
    }

    /** Reads the words that follow, in any order but that the original direction comes before the reply. */
    private @Nullable Connection rest(int protocol, long timeout, @Nullable TcpState state) {
        int status = IPS_SEEN_REPLY | IPS_CONFIRMED;
        long mark = 0;
        long zone = 0;
        DirectionText direction = original;
        while (line.word()) {
            if (line.take(SRC)) {
                if (reply.hasSource()) {
                    return null;
                }
                direction = original.hasSource() ? reply : original;
                direction.source(line);
            } else if (line.peek() == '[') {
                status = flag(status);
            } else if (line.take(MARK)) {
                mark = line.decimal();
                if (mark < 0 || mark > 0xffff_ffffL || !line.atEndOfWord()) {
                    return null;
                }
            } else if (line.take(ZONE)) {
                zone = line.decimal();
                if (zone < 0 || zone > 0xffff || !line.atEndOfWord()) {
                    return null;
                }
            } else if (line.take(ZONE_ORIG)) {
                original.zone(line.decimal());
            } else if (line.take(ZONE_REPLY)) {
                reply.zone(line.decimal());
            } else if (!direction.take(line)) {
                line.pass(); // what a newer kernel tells, or what is not needed
            }
            // A number that something else follows.
            if (!line.atEndOfWord()) {
                return null;
            }
        }
        return original.isWhole() && reply.isWhole()
                ? new Connection(original.tuple(protocol), reply.tuple(protocol), original.counters(), reply.counters(),
                        status, timeout, state, 0, mark, (int) zone, null, null)
                : null;
    }

    private int flag(int status) {
        if (line.takeWord(UNREPLIED)) {
            return status & ~IPS_SEEN_REPLY;
        }
        if (line.takeWord(ASSURED)) {
            return status | IPS_ASSURED;
        }
        if (line.takeWord(OFFLOAD)) {
            return status | IPS_OFFLOAD;
        }
        if (line.takeWord(HW_OFFLOAD)) {
            return status | IPS_OFFLOAD | IPS_HW_OFFLOAD;
        }
        line.pass();
        return status;
    }
}
