package bwmon.monitor.attribution;

import java.net.InetAddress;
import java.util.List;

import bwmon.monitor.attribution.CountedRow.Origin;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Protocol;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

class CopiesTest {
    private static final long ONE = 1 << OwnerId.PID_BITS | 11;
    private static final long TWO = 2 << OwnerId.PID_BITS | 12;

    private static Flow flow(Protocol protocol, String local, int port) {
        return new Flow(protocol, new Endpoint(InetAddress.ofLiteral(local), port),
                new Endpoint(InetAddress.ofLiteral("192.0.2.1"), port));
    }

    private static CountedRow row(long owner, Flow flow, long rx, long tx, long payload) {
        return new CountedRow(owner, 1, Origin.SOCKET, true, flow,
                ByteCounts.ofIp(rx, tx, rx / 100, tx / 100).withPayload(payload, 0), ByteCounts.ZERO);
    }

    private static long rx(List<CountedRow> rows) {
        return rows.stream().mapToLong(row -> row.counts().bytes(Direction.RX).orElseThrow()).sum();
    }

    @Test
    void aPacketForManyCountsOnceAndIsReceivedByAll() {
        Flow group = flow(Protocol.UDP, "224.0.0.251", 5353);
        List<CountedRow> once = Copies
                .countOnce(List.of(row(TWO, group, 300, 100, 216), row(ONE, group, 300, 0, 216)));
        assertEquals(300, rx(once));
        assertEquals(300, once.get(1).counts().bytes(Direction.RX).orElseThrow(), "of equals the one that began first");
        assertEquals(0, once.getFirst().counts().packets(Direction.RX).orElseThrow());
        assertEquals(100, once.getFirst().counts().bytes(Direction.TX).orElseThrow());
        assertEquals(216, once.getFirst().counts().payload(Direction.RX).orElseThrow());
    }

    @Test
    void whoGotMostKeepsItAll() {
        Flow icmp = flow(Protocol.ICMP, "192.0.2.9", 0);
        List<CountedRow> once = Copies.countOnce(
                List.of(row(ONE, icmp, 200, 0, 0), row(TWO, icmp, 300, 0, 0), row(TWO, icmp, 100, 0, 0)));
        assertEquals(400, rx(once));
        assertEquals(0, once.getFirst().counts().bytes(Direction.RX).orElseThrow());
    }

    @Test
    void connectionsAndDatagramsForOneStayAsTheyAre() {
        Flow tcp = flow(Protocol.TCP, "192.0.2.9", 80);
        Flow udp = flow(Protocol.UDP, "192.0.2.9", 53);
        List<CountedRow> rows = List.of(row(ONE, tcp, 300, 0, 0), row(TWO, tcp, 300, 0, 0), row(ONE, udp, 300, 0, 0),
                row(TWO, udp, 300, 0, 0));
        assertSame(rows, Copies.countOnce(rows));
    }

    @Test
    void theSameEndsInAnotherNamespaceAreOthers() {
        Flow group = flow(Protocol.UDP, "ff02::fb", 5353);
        CountedRow here = row(ONE, group, 300, 0, 0);
        var there = new CountedRow(TWO, 2, Origin.SOCKET, true, group, here.counts(), ByteCounts.ZERO);
        assertEquals(600, rx(Copies.countOnce(List.of(here, there))));
    }
}
