package bwmon.monitor.procfs;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * A socket that sees packets of the link layer, packet(7), as /proc/net/packet shows it: DHCP clients, tcpdump.
 *
 * @param protocol which ones: ETH_P_*, linux/if_ether.h; 3 for all of them
 * @param interfaceIndex of the only interface that it looks at; 0 for all of them
 * @param uid of who made it, 0 to 2^32 - 1
 * @param inode by which descriptors name it
 */
public record PacketSocket(int protocol, int interfaceIndex, long uid, long inode) {

    /** A table that this kernel does not have. */
    static final Table NONE = new Table(List.of(), 0);

    /**
     * What the table has in it.
     *
     * @param sockets in the kernel's order
     * @param malformed how many lines were of another form, and so are missing; 0 or more
     */
    public record Table(List<PacketSocket> sockets, long malformed) {
        public Table {
            sockets = List.copyOf(sockets);
        }
    }

    /** Reads the file, the words of whose lines are {@code sk RefCnt Type Proto Iface R Rmem User Inode}. */
    static Table read(InputStream file) throws IOException {
        var sockets = new ArrayList<PacketSocket>();
        long malformed = 0;
        var lines = new Lines(file);
        lines.next(); // the headings
        while (lines.next()) {
            lines.pass(3);
            lines.word();
            long protocol = lines.hexadecimal(4);
            boolean isWhole = lines.atEndOfWord();
            lines.word();
            long index = lines.decimal();
            isWhole &= lines.atEndOfWord();
            lines.pass(2);
            lines.word();
            long uid = lines.decimal();
            isWhole &= lines.atEndOfWord();
            lines.word();
            long inode = lines.decimal();
            isWhole &= lines.atEndOfWord();
            if (isWhole && protocol >= 0 && index >= 0 && index <= Integer.MAX_VALUE && uid >= 0 && uid <= 0xffff_ffffL
                    && inode >= 0) {
                sockets.add(new PacketSocket((int) protocol, (int) index, uid, inode));
            } else {
                malformed++;
            }
        }
        return new Table(sockets, malformed + lines.leftOut());
    }
}
