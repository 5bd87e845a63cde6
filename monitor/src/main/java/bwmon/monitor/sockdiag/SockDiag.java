package bwmon.monitor.sockdiag;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import bwmon.ffi.Errno;
import bwmon.ffi.ErrnoException;
import bwmon.monitor.netlink.KernelChannel;
import bwmon.monitor.netlink.Netlink;
import bwmon.monitor.netlink.NetlinkChannel;
import bwmon.monitor.netlink.NetlinkConnection;
import bwmon.monitor.netlink.NetlinkMessage;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Protocol;
import org.jspecify.annotations.Nullable;

/**
 * Lists the sockets of one network namespace, IPv4 and IPv6. For one thread at a time.
 *
 * <p>A socket of Multipath TCP (IPPROTO_MPTCP, 262) shows as its subflows, which are TCP sockets with the inode of the
 * descriptor that the program holds; their sum exceeds the program's payload by what one subflow sent again for another.
 */
public final class SockDiag implements AutoCloseable {
    /** SOCK_DIAG_BY_FAMILY, linux/sock_diag.h. */
    private static final int SOCK_DIAG_BY_FAMILY = 20;
    private static final int[] FAMILIES = {InetDiagMessage.AF_INET, InetDiagMessage.AF_INET6};

    /** The states in which a socket has an owner and moves payload, and listening sockets. */
    public static final Set<TcpState> OPEN = EnumSet.complementOf(EnumSet.of(TcpState.TIME_WAIT, TcpState.SYN_RECV,
            TcpState.CLOSE, TcpState.OTHER));
    private static final Set<TcpState> ALL = EnumSet.complementOf(EnumSet.of(TcpState.OTHER));

    private final NetlinkConnection connection;

    /** Over a channel that this owns from now on. */
    public SockDiag(NetlinkChannel channel) {
        connection = new NetlinkConnection(channel);
    }

    /**
     * Of the running kernel.
     *
     * @throws ErrnoException if the kernel refuses; EPROTONOSUPPORT if it was built without sock_diag
     */
    public static SockDiag open() throws ErrnoException {
        return new SockDiag(KernelChannel.open(Netlink.NETLINK_SOCK_DIAG));
    }

    /**
     * The TCP sockets in these states, with their counters. A socket that changes its state meanwhile may be missing.
     *
     * @throws ErrnoException if the kernel refuses; ENOENT if it lacks the module tcp_diag
     */
    public List<InetDiagMessage> dumpTcp(Set<TcpState> states) throws IOException {
        return dump("TCP sockets", InetDiagMessage.IPPROTO_TCP, states, true, InetDiagMessage::decodeTcp);
    }

    /**
     * The sockets of UDP and UDP-Lite that are bound to a port, by bind(2) or by their first datagram.
     *
     * @return empty if the kernel lacks the module udp_diag: /proc/net tells then
     * @throws ErrnoException if the kernel refuses otherwise
     */
    public Optional<List<InetDiagMessage>> dumpUdp() throws IOException {
        Optional<List<InetDiagMessage>> udp = dumpIfSupported("UDP sockets", InetDiagMessage.IPPROTO_UDP);
        if (udp.isPresent()) {
            dumpIfSupported("UDP-Lite sockets", InetDiagMessage.IPPROTO_UDPLITE).ifPresent(udp.get()::addAll);
        }
        return udp;
    }

    /**
     * The raw sockets of every protocol.
     *
     * @return empty if the kernel lacks the module raw_diag: /proc/net tells then
     * @throws ErrnoException if the kernel refuses otherwise
     */
    public Optional<List<InetDiagMessage>> dumpRaw() throws IOException {
        return dumpIfSupported("raw sockets", InetDiagMessage.IPPROTO_RAW);
    }

    /**
     * How many TCP sockets are in each of these states; those without a socket are left out. The kernel itself counts
     * remnants and all sockets only (/proc/net/sockstat), so the sockets are listed, without their counters. Who has
     * {@link #dumpTcp} of some states already need not ask for these again: 10,000 sockets cost 10 ms.
     *
     * @param states such as {@link TcpState#TIME_WAIT}
     * @throws ErrnoException if the kernel refuses; ENOENT if it lacks the module tcp_diag
     */
    public Map<TcpState, Integer> count(Set<TcpState> states) throws IOException {
        var counts = new EnumMap<TcpState, Integer>(TcpState.class);
        for (TcpState state : dump("states of TCP sockets", InetDiagMessage.IPPROTO_TCP, states, false,
                InetDiagMessage::decodeState)) {
            counts.merge(state, 1, Integer::sum);
        }
        return counts;
    }

    /** How many TCP sockets are in each state, remnants included; the rest as for {@link #count}. */
    public Map<TcpState, Integer> states() throws IOException {
        return count(ALL);
    }

    private Optional<List<InetDiagMessage>> dumpIfSupported(String what, int protocol) throws IOException {
        try {
            return Optional.of(dump(what, protocol, ALL, false, message -> InetDiagMessage.decode(message, protocol)));
        } catch (ErrnoException e) {
            // ENOENT is what is answered for a protocol without a handler.
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.EPROTONOSUPPORT) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private <T> List<T> dump(String what, int protocol, Set<TcpState> states, boolean withInfo,
            NetlinkMessage.Decoder<T> decoder) throws IOException {
        var found = new ArrayList<T>();
        for (int family : FAMILIES) {
            found.addAll(connection.dump(what, SOCK_DIAG_BY_FAMILY,
                    SocketRequest.dump(family, protocol, states, withInfo), decoder));
        }
        return found;
    }

    /** As {@link #find(Flow, int)}, for sockets that are bound to no interface. */
    public @Nullable InetDiagMessage find(Flow flow) throws IOException {
        return find(flow, 0);
    }

    /**
     * Asks for one socket by its ends, at the cost of some microseconds. Of TCP it is the connection with exactly these
     * ends, remnants and half-open requests included; of UDP the connected socket, or else the one that takes what the
     * remote end sends to the local one: of a group that shares its port (SO_REUSEPORT) the member that the kernel would
     * choose. What is bound to an interface is found only if that is told. Multicast is not found.
     *
     * @param flow of TCP, UDP or UDP-Lite
     * @param interfaceIndex that the socket may be bound to; 0 for none
     * @return null if there is none, or the kernel lacks the protocol's module
     * @throws ErrnoException if the kernel refuses
     */
    public @Nullable InetDiagMessage find(Flow flow, int interfaceIndex) throws IOException {
        if (flow.protocol() == Protocol.TCP) {
            InetDiagMessage found = ask(flow.protocol(), flow.local(), flow.remote(), interfaceIndex);
            // Where there is no connection, the kernel shows the listening socket that would accept it.
            return found != null && found.flow().equals(flow) ? found : null;
        }
        // "src and dst are swapped for historical reasons", udp_dump_one() says; no promise, so the other way is tried too.
        InetDiagMessage found = ask(flow.protocol(), flow.remote(), flow.local(), interfaceIndex);
        if (found == null || !takes(found.flow(), flow)) {
            found = ask(flow.protocol(), flow.local(), flow.remote(), interfaceIndex);
        }
        return found != null && takes(found.flow(), flow) ? found : null;
    }

    private @Nullable InetDiagMessage ask(Protocol protocol, Endpoint source, Endpoint destination,
            int interfaceIndex) throws IOException {
        return connection.get("one socket", SOCK_DIAG_BY_FAMILY,
                SocketRequest.one(protocol.number(), source, destination, interfaceIndex),
                message -> InetDiagMessage.decode(message, protocol.number()));
    }

    /** Whether a socket of UDP with these ends takes the flow's datagrams. */
    private static boolean takes(Flow socket, Flow flow) {
        return socket.local().port() == flow.local().port()
                && (socket.local().isWildcard() || socket.local().equals(flow.local()))
                && (socket.remote().port() == 0 || socket.remote().equals(flow.remote()));
    }

    @Override
    public void close() {
        connection.close();
    }
}
