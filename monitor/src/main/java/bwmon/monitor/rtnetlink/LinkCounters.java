package bwmon.monitor.rtnetlink;

import java.nio.ByteBuffer;

import bwmon.monitor.netlink.NetlinkException;
import bwmon.traffic.ByteCounts;

/**
 * What an interface counted: struct rtnl_link_stats64, linux/if_link.h.
 *
 * @param rxBytes with what {@link LinkHeader} says, as are the transmitted ones; 0 or more, as is each
 */
public record LinkCounters(long rxBytes, long txBytes, long rxPackets, long txPackets) {
    /** Nothing moved. */
    static final LinkCounters ZERO = new LinkCounters(0, 0, 0, 0);

    /** Offsets of u64 each; the kernels only add at the end. */
    static final int RX_PACKETS = 0;
    static final int TX_PACKETS = 8;
    static final int RX_BYTES = 16;
    static final int TX_BYTES = 24;

    static LinkCounters decode(ByteBuffer stats) throws NetlinkException {
        if (stats.remaining() < TX_BYTES + Long.BYTES) {
            throw new NetlinkException("an rtnl_link_stats64 of " + stats.remaining() + " bytes is too short");
        }
        var counters = new LinkCounters(stats.getLong(RX_BYTES), stats.getLong(TX_BYTES), stats.getLong(RX_PACKETS),
                stats.getLong(TX_PACKETS));
        if ((counters.rxBytes | counters.txBytes | counters.rxPackets | counters.txPackets) < 0) {
            throw new NetlinkException("an interface counts more than 63 bits can hold");
        }
        return counters;
    }

    /** What was counted since; all of it if a counter fell, which began anew then. */
    LinkCounters since(LinkCounters before) {
        boolean fell = rxBytes < before.rxBytes || txBytes < before.txBytes || rxPackets < before.rxPackets
                || txPackets < before.txPackets;
        return fell ? this : minus(before);
    }

    /** The difference, where below 0 as 0. */
    LinkCounters minus(LinkCounters other) {
        return new LinkCounters(Math.max(0, rxBytes - other.rxBytes), Math.max(0, txBytes - other.txBytes),
                Math.max(0, rxPackets - other.rxPackets), Math.max(0, txPackets - other.txPackets));
    }

    ByteCounts without(LinkHeader header) {
        return ByteCounts.ofIp(Math.max(0, rxBytes - header.rx() * rxPackets),
                Math.max(0, txBytes - header.tx() * txPackets), rxPackets, txPackets);
    }
}
