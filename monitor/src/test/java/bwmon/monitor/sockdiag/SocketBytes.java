package bwmon.monitor.sockdiag;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;

import bwmon.monitor.netlink.MessageWriter;
import bwmon.traffic.Endpoint;

/** Builds what the kernel says of one TCP socket. */
public final class SocketBytes {
    private int state = 1;
    private Endpoint local = Endpoint.of(new byte[]{127, 0, 0, 1}, 1000);
    private Endpoint remote = Endpoint.of(new byte[]{127, 0, 0, 1}, 80);
    private long cookie = 1;
    private int inode = 100;
    private int unread;
    private int unacknowledged;
    private int notSent;
    private int infoBytes = 280;
    private long received;
    private long sent;
    private long retrans;
    private long acked;
    private int uid;
    private int interfaceIndex;
    private boolean counting;
    private final Map<Integer, byte[]> more = new LinkedHashMap<>();

    /** The number of its state. */
    public SocketBytes state(int number) {
        state = number;
        return this;
    }

    /** Its ends. */
    public SocketBytes flow(Endpoint here, Endpoint there) {
        local = here;
        remote = there;
        return this;
    }

    /** Who it is. */
    public SocketBytes cookie(long value) {
        cookie = value;
        return this;
    }

    /** What a descriptor's link names. */
    public SocketBytes inode(int value) {
        inode = value;
        return this;
    }

    /** idiag_rqueue. */
    public SocketBytes unread(int value) {
        unread = value;
        return this;
    }

    /** idiag_wqueue and tcpi_notsent_bytes. */
    public SocketBytes queue(int waiting, int unsent) {
        unacknowledged = waiting;
        notSent = unsent;
        return this;
    }

    /** How long the kernel's tcp_info is; 0 for none. */
    public SocketBytes infoBytes(int value) {
        infoBytes = value;
        return this;
    }

    /** tcpi_bytes_received, tcpi_bytes_sent, tcpi_bytes_retrans, tcpi_bytes_acked. */
    public SocketBytes counters(long rx, long tx, long again, long acknowledged) {
        received = rx;
        sent = tx;
        retrans = again;
        acked = acknowledged;
        return this;
    }

    /** One more attribute. */
    public SocketBytes attribute(int type, int u8) {
        more.put(type, new byte[]{(byte) u8});
        return this;
    }

    /** idiag_uid and the interface that it is bound to. */
    public SocketBytes boundBy(int user, int index) {
        uid = user;
        interfaceIndex = index;
        return this;
    }

    /** Every byte of a tcp_info is its offset. */
    public SocketBytes countingInfo() {
        counting = true;
        return this;
    }

    /** inet_diag_msg and its attributes, without the netlink header. */
    public byte[] payload() {
        byte[] from = local.address().getAddress();
        byte[] to = remote.address().getAddress();
        var message = ByteBuffer.allocate(72).order(ByteOrder.nativeOrder());
        message.put(0, (byte) (from.length == 4 ? 2 : 10)).put(1, (byte) state);
        message.put(4, (byte) (local.port() >> 8)).put(5, (byte) local.port());
        message.put(6, (byte) (remote.port() >> 8)).put(7, (byte) remote.port());
        message.put(8, from).put(24, to);
        message.putInt(44, (int) cookie).putInt(48, (int) (cookie >>> 32));
        message.putInt(56, unread).putInt(60, unacknowledged).putInt(68, inode);
        message.putInt(64, uid).putInt(40, interfaceIndex);
        var writer = new MessageWriter(20, 0, 0, 0).bytes(message.array()).attribute(8, new byte[]{0});
        if (infoBytes > 0) {
            var info = ByteBuffer.allocate(Math.max(infoBytes, 280)).order(ByteOrder.nativeOrder());
            info.putInt(144, notSent).putLong(120, acked).putLong(128, received).putLong(200, sent).putLong(208,
                    retrans);
            for (int i = 0; counting && i < info.capacity(); i++) {
                info.put(i, (byte) i);
            }
            byte[] cut = new byte[infoBytes];
            info.get(0, cut);
            writer.attribute(2, cut);
        }
        more.forEach(writer::attribute);
        byte[] whole = writer.toBytes();
        byte[] payload = new byte[whole.length - 16];
        System.arraycopy(whole, 16, payload, 0, payload.length);
        return payload;
    }
}
