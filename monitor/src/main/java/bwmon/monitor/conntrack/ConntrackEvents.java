package bwmon.monitor.conntrack;

import java.io.IOException;
import java.util.List;

import bwmon.ffi.ErrnoException;
import bwmon.monitor.netlink.KernelChannel;
import bwmon.monitor.netlink.Netlink;
import bwmon.monitor.netlink.NetlinkChannel;
import bwmon.monitor.netlink.NetlinkConnection;
import bwmon.monitor.netlink.NetlinkConnection.Notifications;

/**
 * Notifications of connections that begin, or of those that end; each kind on a socket of its own, because one that must
 * not be lost and one that may be want different sockets. For one thread at a time.
 *
 * <p><b>Ends</b> are told as {@link Delivery} says. Where net.netfilter.nf_conntrack_events is 2, connections that began
 * while nobody listened, in any namespace, end without a word.
 *
 * <p><b>Beginnings</b> are lost where no room is left, and counted.
 */
public final class ConntrackEvents implements AutoCloseable {
    /**
     * Room for some 10,000 events, so that the kernel need not send again what comes between two looks; it takes the
     * memory only while they wait.
     */
    private static final int RECEIVE_BYTES = 8 << 20;

    private final NetlinkConnection netlink;
    private final ConnectionDecoder decoder = new ConnectionDecoder();
    private final boolean sentAgain;

    private ConntrackEvents(NetlinkChannel channel, boolean sentAgain) {
        netlink = new NetlinkConnection(channel);
        this.sentAgain = sentAgain;
    }

    /** What the kernel does with an end for which there is no room. */
    public enum Delivery {
        /**
         * It keeps the connection's entry, and tells the end again until it finds room: nothing is lost. Should another
         * program's socket of this kind have no room, the kernel tells all again, so that an end may be told twice.
         *
         * <p>An entry that is kept counts against nf_conntrack_max: with a listener that is alive and does not read (one
         * that was stopped, say), the table fills up with ended connections until the host begins no new ones. So take the
         * events often, and close before stopping.
         */
        RELIABLE,
        /** It drops the end, and counts it. */
        COUNTED
    }

    /**
     * Listens for connections that end, with their last counters, in the calling thread's network namespace.
     *
     * @throws ErrnoException if the kernel refuses; EPERM without CAP_NET_ADMIN over the namespace
     */
    public static ConntrackEvents ended(Delivery delivery) throws ErrnoException {
        return ended(delivery, RECEIVE_BYTES);
    }

    static ConntrackEvents ended(Delivery delivery, int receiveBytes) throws ErrnoException {
        return open(Ctnetlink.NFNLGRP_CONNTRACK_DESTROY, receiveBytes, delivery);
    }

    /** Listens for connections that begin; counters are not told. They are dropped where there is no room. The rest as for ends. */
    public static ConntrackEvents begun() throws ErrnoException {
        return begun(RECEIVE_BYTES);
    }

    static ConntrackEvents begun(int receiveBytes) throws ErrnoException {
        return open(Ctnetlink.NFNLGRP_CONNTRACK_NEW, receiveBytes, Delivery.COUNTED);
    }

    private static ConntrackEvents open(int group, int receiveBytes, Delivery delivery) throws ErrnoException {
        KernelChannel channel = KernelChannel.open(Netlink.NETLINK_NETFILTER);
        boolean opened = false;
        try {
            if (delivery == Delivery.RELIABLE) {
                channel.tellSenderOfOverruns();
            }
            channel.receiveBuffer(receiveBytes);
            channel.join(group);
            opened = true;
            return new ConntrackEvents(channel, delivery == Delivery.RELIABLE);
        } finally {
            if (!opened) {
                channel.close();
            }
        }
    }

    /**
     * What was waiting.
     *
     * @param connections in the order of their events
     * @param lost events that are known to be missing, 0 or more
     * @param deferred how often the kernel found no room, so that it sends again; 0 or more
     */
    public record Events(List<Connection> connections, long lost, long deferred) {}

    /**
     * Takes the events that wait, without waiting for any.
     *
     * @param limit at most about so many (a datagram is taken whole); the others keep waiting
     * @throws IOException if the kernel refuses and nothing was taken
     */
    public Events take(int limit) throws IOException {
        Notifications<Connection> taken = netlink.notifications(limit, decoder);
        return sentAgain
                ? new Events(taken.messages(), taken.malformed(), taken.dropped())
                : new Events(taken.messages(), taken.lost(), 0);
    }

    /**
     * Waits for events, blocking the thread.
     *
     * @param millis at most, 0 or more
     * @return whether there is something to take
     */
    public boolean await(int millis) throws IOException {
        return netlink.await(millis);
    }

    /** How many attributes this kernel sent that are not known here, since the opening. */
    public long skippedAttributes() {
        return decoder.skipped();
    }

    @Override
    public void close() {
        netlink.close();
    }
}
