package bwmon.monitor.procfs;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

import bwmon.traffic.Endpoint;
import org.jspecify.annotations.Nullable;

/**
 * What a table of sockets has in it. As large as the kernel's own.
 *
 * @param sockets in the kernel's order; one that lasts may be in it twice, or not at all, where others came and went while
 *     it was read
 * @param malformed how many lines were of another form, and so are missing; 0 or more
 */
public record SocketTable(List<ProcSocket> sockets, long malformed) {
    /** A table that this kernel does not have. */
    static final SocketTable NONE = new SocketTable(List.of(), 0);

    /** The tables: files of /proc/PID/net. */
    public enum Kind {
        TCP("tcp", 6, 4), TCP6("tcp6", 6, 16), UDP("udp", 17, 4), UDP6("udp6", 17, 16),
        /** RFC 3828; not every kernel has it. */
        UDPLITE("udplite", 136, 4), UDPLITE6("udplite6", 136, 16),
        /** Sockets of any protocol, whose number stands where others have their port. */
        RAW("raw", 0, 4), RAW6("raw6", 0, 16),
        /** Sockets of ping(8), where it does not need the privilege of a raw one. */
        ICMP("icmp", 1, 4), ICMP6("icmp6", 58, 16);

        private final String file;
        private final int protocol;
        private final int addressBytes;

        Kind(String file, int protocol, int addressBytes) {
            this.file = file;
            this.protocol = protocol;
            this.addressBytes = addressBytes;
        }

        /** The file's name. */
        String file() {
            return file;
        }
    }

    public SocketTable {
        sockets = List.copyOf(sockets);
    }

    /** Reads a file's content. */
    static SocketTable parse(byte[] content, Kind kind) {
        try {
            return read(new ByteArrayInputStream(content), kind);
        } catch (IOException e) {
            throw new IllegalStateException("bytes in memory cannot fail", e);
        }
    }

    /** Reads a file, the words of whose lines are {@code sl local rem st tx:rx tr:when retrnsmt uid timeout inode ...}. */
    static SocketTable read(InputStream file, Kind kind) throws IOException {
        var sockets = new ArrayList<ProcSocket>();
        long malformed = 0;
        var lines = new Lines(file);
        lines.next(); // the headings
        while (lines.next()) {
            ProcSocket socket = socket(lines, kind);
            if (socket == null) {
                malformed++;
            } else {
                sockets.add(socket);
            }
        }
        return new SocketTable(sockets, malformed + lines.leftOut());
    }

    private static @Nullable ProcSocket socket(Lines line, Kind kind) {
        line.word();
        if (line.decimal() < 0 || !line.take(':')) {
            return null;
        }
        Endpoint local = endpoint(line, kind);
        Endpoint remote = endpoint(line, kind);
        line.word();
        long state = line.hexadecimal(2);
        boolean isWhole = line.atEndOfWord() && line.word();
        long txQueue = line.hexadecimal(8);
        isWhole &= line.take(':');
        long rxQueue = line.hexadecimal(8);
        isWhole &= line.atEndOfWord();
        line.pass(2);
        long uid = number(line);
        line.pass(1);
        long inode = number(line);
        if (!isWhole || local == null || remote == null || state < 0 || txQueue < 0 || rxQueue < 0 || uid < 0
                || uid > 0xffff_ffffL || inode < 0) {
            return null;
        }
        boolean isRaw = kind.protocol == 0;
        if (isRaw && local.port() > 0xff) {
            // IPPROTO_MPTCP and its like, linux/in.h, are no protocols of the network.
            return null;
        }
        return new ProcSocket(isRaw ? local.port() : kind.protocol, isRaw ? new Endpoint(local.address(), 0) : local,
                isRaw ? new Endpoint(remote.address(), 0) : remote, (int) state, uid, inode, txQueue, rxQueue);
    }

    private static long number(Lines line) {
        line.word();
        long number = line.decimal();
        return line.atEndOfWord() ? number : -1;
    }

    /** An address in words of 32 bits, each printed as a number in the host's byte order; the port as a plain number. */
    private static @Nullable Endpoint endpoint(Lines line, Kind kind) {
        line.word();
        var address = new byte[kind.addressBytes];
        for (int i = 0; i < address.length; i += Integer.BYTES) {
            for (int j = 0; j < Integer.BYTES; j++) {
                long value = line.hexadecimal(2);
                if (value < 0) {
                    return null;
                }
                address[i + (LITTLE_ENDIAN ? Integer.BYTES - 1 - j : j)] = (byte) value;
            }
        }
        if (!line.take(':')) {
            return null;
        }
        long port = line.hexadecimal(4);
        return port < 0 || !line.atEndOfWord() ? null : Endpoint.of(address, (int) port);
    }

    private static final boolean LITTLE_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
}
