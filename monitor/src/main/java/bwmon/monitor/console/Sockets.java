package bwmon.monitor.console;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

import bwmon.cli.Order;
import bwmon.monitor.console.Listing.Amount;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Protocol;
import bwmon.traffic.SocketState;
import bwmon.traffic.SocketStates;

/**
 * The sockets of a picture with what each moved, from the rows by connection. A datagram socket that talks to anybody has
 * what its owner moved from its port in flows that no other socket claims.
 */
final class Sockets {

    private Sockets() {}

    /** Of datagrams: the flows of one owner from one port. */
    private record From(Object owner, Protocol protocol, int port) {}

    /**
     * One socket.
     *
     * @param row its state as subject of no table, with what it moved
     */
    record Socket(SocketState state, Row row) {}

    /** Every socket, in no particular order. */
    static List<Socket> of(Picture picture) {
        SocketStates states = picture.sockets();
        if (states == null) {
            return List.of();
        }
        var moved = new HashMap<Object, Row>();
        picture.rows(Grouping.CONNECTION).forEach(row -> moved.put(row.subject().key(), row));
        var sockets = new ArrayList<Socket>();
        var unconnected = new ArrayList<SocketState>();
        for (SocketState state : states.sockets()) {
            if (isUnconnected(state)) {
                unconnected.add(state);
            } else {
                var subject = new Subject.Connection(state.owner(), state.flow());
                Row row = moved.remove(subject.key());
                sockets.add(new Socket(state, row == null ? unseen(state) : row));
            }
        }
        Map<From, Row> rest = rest(moved.values());
        for (SocketState state : unconnected) {
            Row row = rest.remove(from(state.owner(), state.flow()));
            sockets.add(new Socket(state, row == null ? unseen(state) : row));
        }
        return sockets;
    }

    private static boolean isUnconnected(SocketState state) {
        Endpoint remote = state.flow().remote();
        return remote.isWildcard() && remote.port() == 0 && state.flow().protocol() != Protocol.TCP;
    }

    private static Map<From, Row> rest(Iterable<Row> rows) {
        var sums = new HashMap<From, Row>();
        for (Row row : rows) {
            if (row.subject() instanceof Subject.Connection(var owner, var flow)) {
                sums.merge(from(owner, flow), row, (a, b) -> a.plus(a.subject(), b));
            }
        }
        return sums;
    }

    private static From from(Owner owner, Flow flow) {
        return new From(new Subject.Charged(owner).key(), flow.protocol(), flow.local().port());
    }

    /** A socket without a row moved nothing, if it is counted at all; else nothing is known of it. */
    private static Row unseen(SocketState state) {
        ByteCounts counts = state.isCounted()
                ? ByteCounts.ZERO
                : ByteCounts.ofIp(0, 0, 0, 0).plus(ByteCounts.ofPayload(0, 0));
        return new Row(new Subject.Connection(state.owner(), state.flow()), counts, counts);
    }

    /** The sockets in order: by what they moved or by the owner's name, then by protocol and ends. */
    static List<Socket> sorted(Picture picture, Amount amount, Order order, OptionalInt top) {
        Comparator<Socket> byEnds = Comparator.comparing((Socket socket) -> socket.state().flow().toString());
        Comparator<Socket> first = order == Order.NAME
                ? Comparator.comparing(socket -> socket.state().owner().command())
                : Comparator.comparing(Socket::row, order.byAmount(amount::of));
        return of(picture).stream().sorted(first.thenComparing(byEnds)).limit(top.orElse(Integer.MAX_VALUE)).toList();
    }
}
