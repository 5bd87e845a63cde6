package bwmon.monitor.conntrack;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import bwmon.monitor.netlink.NetlinkMessage;
import org.junit.jupiter.api.Assumptions;

/**
 * Bytes of a real dump (Linux 6.18, x86-64): 12 connections over loopback, of every kind, and beside them what conntrack(8)
 * said of the same moment ({@code conntrack -L -o xml,id,timestamp}).
 */
final class Capture {
    private Capture() {}

    private static InputStream open(String name) {
        return Objects.requireNonNull(Capture.class.getResourceAsStream(name), name);
    }

    static List<NetlinkMessage> messages() throws IOException {
        Assumptions.assumeTrue(ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN,
                "captured on a little-endian machine");
        try (InputStream in = open("dump.bin")) {
            ByteBuffer all = ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
            var messages = new ArrayList<NetlinkMessage>();
            while (all.hasRemaining()) {
                int length = all.getInt(all.position());
                messages.add(message(all.getShort(all.position() + 4), all.slice(all.position() + 16, length - 16)));
                all.position(all.position() + ((length + 3) & ~3));
            }
            return messages;
        }
    }

    static NetlinkMessage message(int type, ByteBuffer payload) {
        return new NetlinkMessage(type, 0, 7, 0, payload.order(ByteOrder.nativeOrder()));
    }

    static InputStream xml() {
        return open("dump.xml");
    }
}
