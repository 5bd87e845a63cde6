package bwmon.proxy.socket;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/**
 * The kernel's table of TCP sockets as text, /proc/net/tcp and tcp6 (Documentation/networking/proc_net_tcp.rst;
 * get_tcp4_sock, net/ipv4/tcp_ipv4.c; get_tcp6_sock, net/ipv6/tcp_ipv6.c). A line begins with
 *
 * <pre>
 *    7: 0100007F:1F90 0100007F:C350 01 0000002A:00000000 ...
 *   slot  local end    remote end   st tx_queue:rx_queue
 * </pre>
 */
final class TcpTable {
    /** More than a line has: 150 bytes for IPv4, about as many for IPv6. The kernel gives at most a page (4 KiB) at a time. */
    private static final int BUFFER_BYTES = 8192;
    private static final byte[] COLUMN = "tx_queue".getBytes(StandardCharsets.US_ASCII);
    private static final HexFormat HEX = HexFormat.of().withUpperCase();
    private static final int V6_BYTES = 16;

    private final byte[] text = new byte[BUFFER_BYTES];
    private final Map<String, Long> queues = new HashMap<>();
    private boolean hasHeader;

    private TcpTable() {}

    /**
     * The sockets that have something in their transmit queues: both {@link #ends}, and how many bytes.
     *
     * @throws IOException if it cannot be read, or is no such table
     */
    static Map<String, Long> read(InputStream in) throws IOException {
        var table = new TcpTable();
        int filled = 0;
        for (;;) {
            int count = in.read(table.text, filled, BUFFER_BYTES - filled);
            if (count <= 0) {
                break;
            }
            filled = table.takeLines(filled + count);
        }
        if (filled > 0 || !table.hasHeader) {
            throw new IOException("the table of TCP sockets is cut short, or has a line of " + BUFFER_BYTES + " bytes");
        }
        return table.queues;
    }

    /** Takes the whole lines at the front of the text, and moves what is left there; returns how much that is. */
    private int takeLines(int filled) throws IOException {
        int start = 0;
        for (int i = 0; i < filled; i++) {
            if (text[i] == '\n') {
                takeLine(start, i);
                start = i + 1;
            }
        }
        System.arraycopy(text, start, text, 0, filled - start);
        return filled - start;
    }

    private void takeLine(int from, int to) throws IOException {
        if (!hasHeader) {
            hasHeader = contains(from, to);
            if (!hasHeader) {
                throw notUnderstood(from, to);
            }
            return;
        }
        int local = after(':', from, to) + 1;
        int remote = after(' ', local, to);
        int state = after(' ', remote, to);
        int queue = after(' ', state, to);
        int end = after(':', queue, to) - 1;
        if (local <= from + 1 || remote < 0 || state < 0 || queue < 0 || end <= queue
                || end - queue > Integer.BYTES * 2) {
            throw notUnderstood(from, to);
        }
        long bytes = 0;
        for (int i = queue; i < end; i++) {
            int digit = Character.digit(text[i], Integer.BYTES * 4);
            if (digit < 0) {
                throw notUnderstood(from, to);
            }
            bytes = bytes << 4 | digit;
        }
        if (bytes > 0) {
            queues.put(new String(text, local, state - 1 - local, StandardCharsets.US_ASCII), bytes);
        }
    }

    private boolean contains(int from, int to) {
        for (int i = from; i + COLUMN.length <= to; i++) {
            if (Arrays.equals(text, i, i + COLUMN.length, COLUMN, 0, COLUMN.length)) {
                return true;
            }
        }
        return false;
    }

    /** Where it goes on behind the next such character; -1 if there is none, or nothing was found before. */
    private int after(char character, int from, int to) {
        for (int i = from; i >= 0 && i < to; i++) {
            if (text[i] == character) {
                return i + 1;
            }
        }
        return -1;
    }

    private IOException notUnderstood(int from, int to) {
        return new IOException("not a line of the table of TCP sockets: "
                + new String(text, from, to - from, StandardCharsets.US_ASCII));
    }

    /**
     * Both ends of a socket as the kernel writes them.
     *
     * @param isV6 whether it is an IPv6 socket; on one, IPv4 addresses are mapped ones
     */
    static String ends(InetSocketAddress local, InetSocketAddress remote, boolean isV6) {
        return end(local, isV6) + " " + end(remote, isV6);
    }

    private static String end(InetSocketAddress end, boolean isV6) {
        // The kernel prints words of its own byte order.
        ByteBuffer address = ByteBuffer.wrap(bytes(end.getAddress(), isV6)).order(ByteOrder.nativeOrder());
        var text = new StringBuilder();
        while (address.hasRemaining()) {
            text.append(HEX.toHexDigits(address.getInt()));
        }
        return text.append(':').append(HEX.toHexDigits((short) end.getPort())).toString();
    }

    private static byte[] bytes(InetAddress address, boolean isV6) {
        byte[] bytes = address.getAddress();
        if (!isV6 || bytes.length == V6_BYTES) {
            return bytes;
        }
        // RFC 4291, 2.5.5.2
        return ByteBuffer.allocate(V6_BYTES)
                .putShort(V6_BYTES - bytes.length - Short.BYTES, (short) 0xffff)
                .put(V6_BYTES - bytes.length, bytes)
                .array();
    }
}
