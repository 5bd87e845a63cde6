package bwmon.monitor.sockdiag;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Set;

import bwmon.monitor.netlink.NetlinkException;
import bwmon.monitor.netlink.NetlinkMessage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The cases are those that a kernel 6.18 was seen to make; each client sent 100 bytes and each server 200. */
class PayloadCounterTest {
    private final PayloadCounter counter = new PayloadCounter(true);

    private static InetDiagMessage decode(SocketBytes bytes) throws NetlinkException {
        return InetDiagMessage.decodeTcp(new NetlinkMessage(20, 0, 0, 0,
                ByteBuffer.wrap(bytes.payload()).order(ByteOrder.nativeOrder())));
    }

    private static TcpInfo info(InetDiagMessage socket) {
        TcpInfo info = socket.info();
        assertNotNull(info);
        return info;
    }

    @ParameterizedTest
    @CsvSource({"1, 200, 200", "4, 200, 200", "5, 200, 200", "8, 201, 200", "9, 201, 200", "11, 201, 200", "1, 0, 0",
            "8, 1, 0"})
    void anOpenSocketsStateTellsOfTheFin(int state, long bytesReceived, long payload) throws Exception {
        InetDiagMessage socket = decode(new SocketBytes().state(state).counters(bytesReceived, 100, 0, 101));
        assertEquals(payload, counter.received(socket, info(socket)));
    }

    @ParameterizedTest
    @CsvSource({
            // accepted, unread, received, sent, acked, unacknowledged, remnant, payload
            "false, 1, 201, 100, 102, 0, true, 200", // closed here first, the peer's FIN came with the acknowledgement
            "false, 0, 200, 100, 102, 0, true, 200", // closed here first, the remnant got the FIN
            "true, 0, 101, 200, 201, 0, false, 100", // closed by the peer first
            "true, 1, 101, 200, 201, 0, false, 100", // the same, end of file not read
            "false, 50, 250, 100, 101, 0, false, 250", // closed with data unread
            "true, 0, 100, 250, 250, 0, false, 100", // reset by the peer
            "true, 1, 101, 210, 200, 10, false, 100", // written to after the peer had closed
            "true, 0, 100, 230, 231, 0, true, 100"}) // the accepting side closed first
    void aDestroyedSocketTellsByWhatItLeft(boolean accepted, int unread, long received, long sent, long acked,
            int unacknowledged, boolean remnant, long payload) throws Exception {
        InetDiagMessage socket = decode(new SocketBytes().state(7).inode(0).unread(unread)
                .queue(unacknowledged, 0).counters(received, sent, 0, acked));
        assertEquals(unread == 0, counter.needsRemnants(socket, info(socket)));
        assertEquals(payload, counter.finallyReceived(socket, info(socket), accepted,
                remnant ? Set.of(socket.flow()) : Set.of()));
        assertEquals(sent, counter.sent(socket, info(socket), accepted));
    }

    @ParameterizedTest
    @CsvSource({
            // state, accepted, sent, retransmitted, acked, unacknowledged, not sent, payload
            "1, false, 100, 0, 101, 0, 0, 100", "1, true, 100, 0, 100, 0, 0, 100", // all acknowledged
            "1, false, 100, 0, 51, 50, 0, 100", // on its way
            "1, false, 100, 0, 51, 150, 100, 100", // and more to come
            "5, false, 100, 0, 102, 0, 0, 100", "4, false, 100, 0, 101, 1, 0, 100", // own FIN
            "1, false, 64975512, 26236312, 30000001, 0, 0, 30000000", // dropped by the own queue, as it was seen
            "1, true, 64975512, 26236312, 30000000, 0, 0, 30000000", "5, false, 500, 0, 102, 0, 0, 100",
            "1, false, 500, 0, 51, 50, 0, 50", // what is on its way cannot be told then
            "7, false, 500, 0, 102, 0, 0, 100", "7, false, 500, 0, 51, 50, 0, 100", "7, true, 500, 0, 101, 0, 0, 100",
            "1, false, 5, 9, 1, 0, 0, 0"})
    void whatWasSentIsCountedOnce(int state, boolean accepted, long sent, long retrans, long acked, int unacknowledged,
            int notSent, long payload) throws Exception {
        InetDiagMessage socket = decode(new SocketBytes().state(state).queue(unacknowledged, notSent)
                .counters(0, sent, retrans, acked));
        assertEquals(payload, counter.sent(socket, info(socket), accepted));
    }

    @Test
    void whatWasSeenBeforeIsRemembered() throws Exception {
        counter.look(List.of(decode(new SocketBytes().cookie(5).state(8)), decode(new SocketBytes().cookie(6).state(5)),
                decode(new SocketBytes().cookie(7).state(5).inode(0))));
        InetDiagMessage reset = decode(new SocketBytes().cookie(5).state(7).counters(101, 200, 0, 200));
        assertFalse(counter.needsRemnants(reset, info(reset)));
        assertEquals(100, counter.finallyReceived(reset, info(reset), true, Set.of()), "reset after the peer's FIN");
        InetDiagMessage half = decode(new SocketBytes().cookie(6).state(7).counters(201, 100, 0, 102));
        assertEquals(200, counter.finallyReceived(half, info(half), false, Set.of(half.flow())),
                "half-closed by the program");
        InetDiagMessage closed = decode(new SocketBytes().cookie(7).state(7).counters(200, 100, 0, 102));
        assertTrue(counter.needsRemnants(closed, info(closed)));
        assertEquals(200, counter.finallyReceived(closed, info(closed), false, Set.of(closed.flow())),
                "closed by the program");
        counter.forget(5);
        assertTrue(counter.needsRemnants(reset, info(reset)));
    }

    @Test
    void withoutNoticesOnlyTheLastLookIsKept() throws Exception {
        var forgetful = new PayloadCounter(false);
        forgetful.look(List.of(decode(new SocketBytes().cookie(5).state(8))));
        forgetful.look(List.of());
        InetDiagMessage reset = decode(new SocketBytes().cookie(5).state(7).counters(101, 200, 0, 200));
        assertTrue(forgetful.needsRemnants(reset, info(reset)));
    }
}
