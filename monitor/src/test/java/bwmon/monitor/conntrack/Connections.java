package bwmon.monitor.conntrack;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;

import bwmon.traffic.Endpoint;
import org.jspecify.annotations.Nullable;

/** Connections made up for tests. */
final class Connections {
    static final int DYING = 1 << 9;

    private Connections() {}

    /** {@code 192.0.2.1:80} or {@code [2001:db8::1]:80}. */
    static Endpoint endpoint(String text) {
        int colon = text.lastIndexOf(':');
        try {
            return new Endpoint(InetAddress.getByName(text.substring(0, colon)),
                    Integer.parseInt(text.substring(colon + 1)));
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    /** A TCP tuple. */
    static Tuple tuple(String source, String destination) {
        return Tuple.of(6, endpoint(source), endpoint(destination));
    }

    static Connection of(Tuple original, Tuple reply) {
        return new Connection(original, reply, null, null, 0, -1, null, 1, 0, 0, null, null);
    }

    /** One of some connections, with so many bytes; a packet is 100 of them. */
    static Connection counted(int port, int id, @Nullable Instant started, long originalBytes, long replyBytes) {
        var from = new Endpoint(endpoint("10.0.0.1:0").address(), port);
        var to = endpoint("10.0.0.2:80");
        return new Connection(Tuple.of(6, from, to), Tuple.of(6, to, from),
                new Counters(originalBytes / 100, originalBytes), new Counters(replyBytes / 100, replyBytes), 0, -1,
                null, id, 0, 0, started, null);
    }

    static Connection dying(Connection c) {
        return new Connection(c.original(), c.reply(), c.originalCounters(), c.replyCounters(), DYING, -1, null, c.id(),
                0,
                0, c.started(), c.stopped());
    }

    static Connection uncounted(int port) {
        return of(tuple("10.0.0.1:" + port, "10.0.0.2:80"), tuple("10.0.0.2:80", "10.0.0.1:" + port));
    }
}
