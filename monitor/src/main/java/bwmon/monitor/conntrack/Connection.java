package bwmon.monitor.conntrack;

import java.time.Instant;

import bwmon.monitor.attribution.FlowEnds;
import org.jspecify.annotations.Nullable;

/**
 * An entry of the connection table as one message told it. A notification tells less than a dump: what a message does not
 * tell is null, or the value said below.
 *
 * @param original from who began it, before any translation of addresses
 * @param reply what the answers look like; the original turned round unless addresses are translated
 * @param originalCounters null where the kernel does not count: accounting was off when the connection began
 * @param replyCounters as the original's
 * @param status bits of enum ip_conntrack_status, linux/netfilter/nf_conntrack_common.h
 * @param timeoutSeconds after which the entry goes if nothing moves, 0 or more; -1 if not told
 * @param tcpState null for other protocols, and for a state that only a newer kernel has
 * @param id 32 bits; two connections may have the same one, and one that ended may leave it to another
 * @param mark of the connection, 32 bits; 0 if it has none
 * @param zone of both directions, 0 to 65535; 0 if it has none
 * @param started null if nf_conntrack_timestamp was off when the connection began
 * @param stopped null while it lasts, and as {@code started}
 */
public record Connection(Tuple original, Tuple reply, @Nullable Counters originalCounters,
        @Nullable Counters replyCounters, int status, long timeoutSeconds, @Nullable TcpState tcpState, int id,
        long mark, int zone, @Nullable Instant started, @Nullable Instant stopped) {
    /** IPS_SEEN_REPLY, IPS_ASSURED and IPS_DYING, linux/netfilter/nf_conntrack_common.h. */
    private static final int IPS_SEEN_REPLY = 1 << 1;
    private static final int IPS_ASSURED = 1 << 2;
    private static final int IPS_DYING = 1 << 9;

    /** Which connection: what stays the same from its first message to its last one. */
    record Key(Tuple original, int id, int zone, @Nullable Instant started) {}

    Key key() {
        return new Key(original, id, zone, started);
    }

    /** The four addresses. */
    public FlowEnds ends() {
        return new FlowEnds(original.source(), original.destination(), reply.source(), reply.destination());
    }

    /** Whether the kernel counts this connection; one that began before accounting was on never is. */
    public boolean isCounted() {
        return originalCounters != null && replyCounters != null;
    }

    /** Whether anything came back. */
    public boolean hasReply() {
        return (status & IPS_SEEN_REPLY) != 0;
    }

    /** Whether the kernel holds it to be established, so that it is not thrown out where the table is full. */
    public boolean isAssured() {
        return (status & IPS_ASSURED) != 0;
    }

    /** Whether it has ended already. */
    public boolean isDying() {
        return (status & IPS_DYING) != 0;
    }
}
