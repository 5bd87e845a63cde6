package bwmon.monitor.procfs;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.Set;

/** /proc/net/if_inet6: the IPv6 addresses of the interfaces. */
final class IfInet6 {
    private static final int ADDRESS_BYTES = 16;

    private IfInet6() {}

    /** Reads the file, whose lines begin with an address in 32 hexadecimal digits; a line of another form is skipped. */
    static Set<InetAddress> read(InputStream file) throws IOException {
        var addresses = new HashSet<InetAddress>();
        var lines = new Lines(file);
        while (lines.next()) {
            lines.word();
            var address = new byte[ADDRESS_BYTES];
            boolean isWhole = true;
            for (int i = 0; i < ADDRESS_BYTES; i++) {
                long value = lines.hexadecimal(2);
                isWhole &= value >= 0;
                address[i] = (byte) value;
            }
            if (isWhole && lines.atEndOfWord()) {
                addresses.add(InetAddress.getByAddress(address));
            }
        }
        return addresses;
    }
}
