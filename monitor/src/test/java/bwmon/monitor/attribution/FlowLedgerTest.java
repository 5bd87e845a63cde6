package bwmon.monitor.attribution;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import bwmon.monitor.attribution.FlowLedger.Circumstances;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Protocol;
import bwmon.traffic.Usage;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** A host with 10.0.0.1 and 2001:db8::1; the others are strangers. */
class FlowLedgerTest {
    private static final Owner CURL = process("curl", 70);
    private static final Owner SERVER = process("server", 60);
    private static final int HEADERS = 52;

    private final FlowLedger ledger = new FlowLedger();
    private final Map<Endpoint, Owner> listeners = new HashMap<>();
    private final Map<Flow, Owner> prompt = new HashMap<>();
    private boolean incomplete;
    private boolean opening;
    private ByteCounts segmentation = ByteCounts.ZERO;

    private static Owner process(String name, int start) {
        return new Owner.Process(new Owner.ProcessId(start, start), name, name, null, null, null, null);
    }

    private static Endpoint at(String text) {
        int colon = text.lastIndexOf(':');
        try {
            return new Endpoint(InetAddress.getByName(text.substring(0, colon)),
                    Integer.parseInt(text.substring(colon + 1)));
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    private static Flow flow(Protocol protocol, String local, String remote) {
        return new Flow(protocol, at(local), at(remote));
    }

    /** A connection without translation that moved so many packets of 100 bytes each way. */
    private static TrackedFlow moved(Protocol protocol, String from, String to, int original, int reply) {
        return new TrackedFlow(protocol, new FlowEnds(at(from), at(to), at(to), at(from)), 0, original,
                original * 100L, reply, reply * 100L, false);
    }

    private static TrackedFlow ended(TrackedFlow flow) {
        return new TrackedFlow(flow.protocol(), flow.ends(), 0, flow.originalPackets(), flow.originalBytes(),
                flow.replyPackets(), flow.replyBytes(), true);
    }

    private static SettledSocket bound(Owner owner, Protocol protocol, String local, String remote) {
        return SettledSocket.unmoved(SocketSample.uncounted(1, 1, flow(protocol, local, remote), false), owner, false);
    }

    /** A TCP socket that moved payload in so many segments, and has counted as many in all. */
    private static SettledSocket tcp(Owner owner, String local, String remote, boolean isNew, int rx, int tx) {
        return tcp(owner, local, remote, isNew, rx, tx, rx, tx);
    }

    private static SettledSocket tcp(Owner owner, String local, String remote, boolean isNew, int rx, int tx,
            int rxInAll, int txInAll) {
        var sample = new SocketSample(7, 7, flow(Protocol.TCP, local, remote), false, rx * 48L, tx * 48L,
                new Segments(rxInAll, txInAll, 0, HEADERS));
        return new SettledSocket(sample, owner, isNew, rx * 48L, tx * 48L, rx, tx, 0);
    }

    private List<String> settle(List<SettledSocket> sockets, TrackedFlow... flows) {
        return settle(sockets, List.of(flows), true);
    }

    private List<String> settle(List<SettledSocket> sockets, List<TrackedFlow> flows, boolean hasPayload) {
        FlowLedger.Settled settled = ledger.settle(sockets, flows,
                new Circumstances(
                        new LocalAddresses(Set.of(at("10.0.0.1:0").address(), at("2001:db8::1:0").address()), Set.of()),
                        listeners::get, prompt::get, hasPayload, incomplete, opening));
        segmentation = settled.segmentation();
        return texts(settled.usages());
    }

    private static List<String> texts(List<Usage> usages) {
        return usages.stream().map(usage -> usage.owner().name() + " " + text(usage.counts())).sorted().toList();
    }

    /** Received and transmitted: IP bytes, packets, payload. */
    private static String text(ByteCounts counts) {
        var text = new StringBuilder();
        for (Direction direction : Direction.values()) {
            text.append(direction == Direction.RX ? "" : " / ").append(counts.bytes(direction).orElse(-1)).append(' ')
                    .append(counts.packets(direction).orElse(-1)).append(' ')
                    .append(counts.payload(direction).orElse(-1));
        }
        return text.toString();
    }

    @Test
    void aConnectionOfAProcessHasItsIpBytesAndItsPayload() {
        SettledSocket socket = tcp(CURL, "10.0.0.1:4000", "192.0.2.9:443", true, 3, 2);
        assertEquals(List.of("curl 300 3 144 / 200 2 96"),
                settle(List.of(socket), moved(Protocol.TCP, "10.0.0.1:4000", "192.0.2.9:443", 2, 3)));
        assertEquals(ByteCounts.ZERO.packets(Direction.RX), segmentation.packets(Direction.RX));
    }

    @Test
    void whatWasAnsweredHereIsReceivedInTheOriginalDirection() {
        SettledSocket socket = tcp(SERVER, "10.0.0.1:22", "192.0.2.9:4000", true, 2, 3);
        assertEquals(List.of("server 200 2 96 / 300 3 144"),
                settle(List.of(socket), moved(Protocol.TCP, "192.0.2.9:4000", "10.0.0.1:22", 2, 3)));
    }

    @Test
    void bothEndsOfALoopbackConnectionAreCharged() {
        assertEquals(List.of("curl 300 3 144 / 200 2 96", "server 200 2 96 / 300 3 144"),
                settle(List.of(tcp(CURL, "127.0.0.1:4000", "127.0.0.1:80", true, 3, 2),
                        tcp(SERVER, "127.0.0.1:80", "127.0.0.1:4000", true, 2, 3)),
                        moved(Protocol.TCP, "127.0.0.1:4000", "127.0.0.1:80", 2, 3)));
    }

    @Test
    void aPublishedPortFindsItsProcess() {
        var published = new TrackedFlow(Protocol.TCP,
                new FlowEnds(at("192.0.2.9:4000"), at("203.0.113.5:80"), at("10.0.0.1:8080"), at("192.0.2.9:4000")), 0,
                1, 100, 2, 200, false);
        assertEquals(List.of("server 100 1 48 / 200 2 96"),
                settle(List.of(tcp(SERVER, "10.0.0.1:8080", "192.0.2.9:4000", true, 1, 2)), published));
    }

    @Test
    void whatIsForwardedIsTheHostsAndPassesTwice() {
        assertEquals(List.of("172.17.0.2 300 3 -1 / 200 2 -1", "forwarded 200 2 -1 / 300 3 -1"),
                settle(List.of(), moved(Protocol.UDP, "172.17.0.2:4000", "192.0.2.9:53", 2, 3)));
    }

    @Test
    void segmentsThatTheTableCountedAsOneAreAddedOnce() {
        TrackedFlow flow = moved(Protocol.TCP, "10.0.0.1:4000", "192.0.2.9:443", 2, 3);
        assertEquals(List.of("curl 300 3 144 / " + (200 + 8 * HEADERS) + " 10 480"),
                settle(List.of(tcp(CURL, "10.0.0.1:4000", "192.0.2.9:443", true, 3, 10)), flow));
        assertEquals(8, segmentation.packets(Direction.TX).orElse(-1));
        assertEquals(8 * HEADERS, segmentation.bytes(Direction.TX).orElse(-1));
        assertEquals(List.of("curl 300 3 0 / 200 2 0"),
                settle(List.of(tcp(CURL, "10.0.0.1:4000", "192.0.2.9:443", false, 0, 0, 6, 12)), flow),
                "the table has caught up");
    }

    /** The table is read after the socket: what the socket has not counted yet is not taken off, and added later. */
    @Test
    void aSocketThatIsBehindCatchesUp() {
        String local = "10.0.0.1:4000";
        String remote = "192.0.2.9:443";
        settle(List.of(tcp(CURL, local, remote, true, 0, 4)), moved(Protocol.TCP, local, remote, 6, 0));
        assertEquals(0, segmentation.packets(Direction.TX).orElse(-1));
        settle(List.of(tcp(CURL, local, remote, false, 0, 6, 0, 10)), moved(Protocol.TCP, local, remote, 1, 0));
        assertEquals(3, segmentation.packets(Direction.TX).orElse(-1), "10 segments less 7 packets");
    }

    @Test
    void segmentsOfBeforeTheTableLookedAreNotMissing() {
        String local = "10.0.0.1:4000";
        String remote = "192.0.2.9:443";
        opening = true;
        assertEquals(List.of("curl 0 0 24000 / 200 2 48000"),
                settle(List.of(tcp(CURL, local, remote, true, 500, 1000)), moved(Protocol.TCP, local, remote, 2, 0)));
        opening = false;
        settle(List.of(tcp(CURL, local, remote, false, 0, 5, 500, 1005)), moved(Protocol.TCP, local, remote, 1, 0));
        assertEquals(4, segmentation.packets(Direction.TX).orElse(-1));
    }

    @Test
    void aConnectionThatWasThereBeforeItWasTrackedIsCorrectedFromItsFirstInterval() {
        settle(List.of(tcp(CURL, "10.0.0.1:4000", "192.0.2.9:443", false, 0, 10, 500, 1000)),
                moved(Protocol.TCP, "10.0.0.1:4000", "192.0.2.9:443", 2, 0));
        assertEquals(8, segmentation.packets(Direction.TX).orElse(-1));
    }

    @Test
    void anotherSocketWithTheSameEndsCountsItsOwnSegments() {
        String local = "10.0.0.1:4000";
        String remote = "192.0.2.9:443";
        TrackedFlow flow = moved(Protocol.TCP, local, remote, 50, 50);
        settle(List.of(tcp(CURL, local, remote, true, 50, 50)), flow);
        var sample = new SocketSample(8, 8, flow(Protocol.TCP, local, remote), false, 0, 0,
                new Segments(50, 53, 0, HEADERS));
        settle(List.of(new SettledSocket(sample, SERVER, true, 0, 0, 50, 53, 0)), flow);
        assertEquals(0, segmentation.packets(Direction.RX).orElse(-1));
        assertEquals(3, segmentation.packets(Direction.TX).orElse(-1));
    }

    /** As where a connection is made between the look at the sockets and that at the table. */
    @Test
    void aSocketSeenAfterTheTableToldOfItIsComparedWithAllThatItTold() {
        String local = "10.0.0.1:4000";
        String remote = "192.0.2.9:443";
        settle(List.of(), moved(Protocol.TCP, local, remote, 2, 26));
        settle(List.of(tcp(CURL, local, remote, true, 27, 10)), moved(Protocol.TCP, local, remote, 1, 1));
        assertEquals(0, segmentation.packets(Direction.RX).orElse(-1));
        assertEquals(7, segmentation.packets(Direction.TX).orElse(-1));

        String other = "192.0.2.10:443";
        settle(List.of(), moved(Protocol.TCP, local, other, 2, 26));
        assertEquals(List.of("curl 0 0 1248 / " + 8 * HEADERS + " 8 480"),
                settle(List.of(tcp(CURL, local, other, true, 26, 10))));
        assertEquals(8, segmentation.packets(Direction.TX).orElse(-1));
    }

    @Test
    void aConnectionThatTheTableDoesNotCountIsWorkedOutFromItsSocket() {
        assertEquals(List.of("curl " + (3 * 48 + 3 * HEADERS) + " 3 144 / " + (2 * 48 + 2 * HEADERS) + " 2 96"),
                settle(List.of(tcp(CURL, "10.0.0.1:4000", "192.0.2.9:443", false, 3, 2))));
    }

    @Test
    void whatTheTableHasToldOfIsNotWorkedOutAgain() {
        TrackedFlow flow = moved(Protocol.TCP, "10.0.0.1:4000", "192.0.2.9:443", 5, 5);
        settle(List.of(tcp(CURL, "10.0.0.1:4000", "192.0.2.9:443", true, 1, 1)), flow);
        assertEquals(List.of("curl 0 0 192 / 0 0 192"),
                settle(List.of(tcp(CURL, "10.0.0.1:4000", "192.0.2.9:443", false, 4, 4, 5, 5))),
                "the socket tells of payload that the table had counted before");
    }

    @Test
    void theOwnerOfAClosedConnectionKeepsWhatTheTableGoesOnCounting() {
        TrackedFlow flow = moved(Protocol.TCP, "10.0.0.1:4000", "192.0.2.9:443", 1, 1);
        settle(List.of(tcp(CURL, "10.0.0.1:4000", "192.0.2.9:443", true, 1, 1)), flow);
        assertEquals(List.of("curl 100 1 0 / 100 1 0"), settle(List.of(), flow));
        assertEquals(List.of("curl 100 1 0 / 100 1 0"), settle(List.of(), ended(flow)));
        assertEquals(List.of("curl 0 0 96 / 0 0 48"),
                settle(List.of(tcp(CURL, "10.0.0.1:4000", "192.0.2.9:443", false, 2, 1, 3, 2))),
                "the socket's end is told late");
        assertEquals(List.of("exited 100 1 -1 / 100 1 -1"), settle(List.of(), flow), "another one with the same ends");
        settle(List.of(), ended(flow));
        settle(List.of());
        assertEquals(0, ledger.size());
    }

    @Test
    void whatHasNoSocketHasACause() {
        assertEquals(List.of("exited 100 1 -1 / 100 1 -1"),
                settle(List.of(), moved(Protocol.TCP, "10.0.0.1:1", "192.0.2.9:443", 1, 1)));
        assertEquals(List.of("no-socket 100 1 -1 / 100 1 -1"),
                settle(List.of(), moved(Protocol.TCP, "192.0.2.9:443", "10.0.0.1:2", 1, 1)));
        incomplete = true;
        assertEquals(List.of("lost-events 100 1 -1 / 100 1 -1"),
                settle(List.of(), moved(Protocol.TCP, "10.0.0.1:3", "192.0.2.9:443", 1, 1)));
        assertEquals(List.of("kernel 100 1 80 / 100 1 80"),
                settle(List.of(), moved(Protocol.ICMP, "192.0.2.9:0", "10.0.0.1:0", 1, 1)));
    }

    @Test
    void aConnectionNotYetAcceptedIsTheListeners() {
        listeners.put(at("10.0.0.1:80"), SERVER);
        assertEquals(List.of("server 100 1 0 / 100 1 0"),
                settle(List.of(), moved(Protocol.TCP, "192.0.2.9:4000", "10.0.0.1:80", 1, 1)));
    }

    @Test
    void whoHeldTheSocketAtItsBeginningOwnsAFlowThatIsOver() {
        prompt.put(flow(Protocol.UDP, "10.0.0.1:4000", "192.0.2.53:53"), CURL);
        assertEquals(List.of("curl 100 1 72 / 100 1 72"),
                settle(List.of(), moved(Protocol.UDP, "10.0.0.1:4000", "192.0.2.53:53", 1, 1)));
    }

    @Test
    void datagramsGoToTheMostSpecificSocket() {
        TrackedFlow in = moved(Protocol.UDP, "192.0.2.9:4000", "10.0.0.1:53", 1, 1);
        var sockets = new ArrayList<SettledSocket>();
        sockets.add(bound(process("dual", 1), Protocol.UDP, "::0:53", "::0:0"));
        assertEquals(List.of("dual 100 1 72 / 100 1 72"), settle(sockets, in), "IPv6 takes IPv4 as well");
        sockets.add(bound(process("any", 2), Protocol.UDP, "0.0.0.0:53", "0.0.0.0:0"));
        assertEquals(List.of("any 100 1 72 / 100 1 72"), settle(sockets, in));
        sockets.add(bound(process("bound", 3), Protocol.UDP, "10.0.0.1:53", "0.0.0.0:0"));
        assertEquals(List.of("bound 100 1 72 / 100 1 72"), settle(sockets, in));
        sockets.add(bound(process("connected", 4), Protocol.UDP, "10.0.0.1:53", "192.0.2.9:4000"));
        assertEquals(List.of("connected 100 1 72 / 100 1 72"), settle(sockets, in));
        sockets.add(bound(process("stranger", 1), Protocol.UDP, "10.0.0.1:53", "192.0.2.10:4000"));
        assertEquals(List.of("connected 100 1 72 / 100 1 72"), settle(sockets, in));
    }

    @Test
    void datagramsOfIpv4DoNotGoToASocketForIpv6Only() {
        Flow any = flow(Protocol.UDP, "::0:53", "::0:0");
        SettledSocket only = SettledSocket.unmoved(SocketSample.uncounted(1, 1, any, false, true), CURL, false);
        TrackedFlow four = moved(Protocol.UDP, "192.0.2.9:4000", "10.0.0.1:53", 1, 1);
        TrackedFlow six = moved(Protocol.UDP, "2001:db8::9:4000", "2001:db8::1:53", 1, 1);
        assertEquals(List.of("curl 100 1 52 / 100 1 52"), settle(List.of(only), six));
        assertEquals(List.of("dual 100 1 72 / 100 1 72"), settle(
                List.of(only, bound(process("dual", 90), Protocol.UDP, "::0:53", "::0:0")), four),
                "though the other one began first");
        assertEquals(List.of("no-socket 100 1 72 / 100 1 72"), new FlowLedgerTest().settle(List.of(only), four));
    }

    @Test
    void multicastIsTheReceiversThatStartedFirst() {
        TrackedFlow in = moved(Protocol.UDP, "192.0.2.9:5353", "224.0.0.251:5353", 1, 0);
        assertEquals(List.of("first 100 1 72 / 0 0 0"),
                settle(List.of(bound(process("second", 9), Protocol.UDP, "0.0.0.0:5353", "0.0.0.0:0"),
                        bound(process("first", 8), Protocol.UDP, "0.0.0.0:5353", "0.0.0.0:0")), in));
    }

    @Test
    void pingIsFoundByItsIdentifierOrByItsRawSocket() {
        var echo = new TrackedFlow(Protocol.ICMP,
                new FlowEnds(at("10.0.0.1:0"), at("192.0.2.9:0"), at("192.0.2.9:0"), at("10.0.0.1:0")), 77, 1, 84, 1,
                84, false);
        assertEquals(List.of("ping 84 1 64 / 84 1 64"),
                settle(List.of(bound(process("ping", 5), Protocol.ICMP, "0.0.0.0:77", "0.0.0.0:0"),
                        bound(process("raw", 4), Protocol.ICMP, "0.0.0.0:0", "0.0.0.0:0")), echo));
        assertEquals(List.of("raw 84 1 64 / 84 1 64"),
                new FlowLedgerTest().settle(
                        List.of(bound(process("raw", 4), Protocol.ICMP, "0.0.0.0:0", "0.0.0.0:0")), echo));
    }

    @Test
    void headersOfIpv6AreLarger() {
        assertEquals(List.of("server 100 1 52 / 100 1 52"),
                settle(List.of(bound(SERVER, Protocol.UDP, "::0:53", "::0:0")),
                        moved(Protocol.UDP, "2001:db8::9:4000", "2001:db8::1:53", 1, 1)));
    }

    @Test
    void withoutCountersOfSocketsThePayloadIsUnknown() {
        SettledSocket socket = SettledSocket.unmoved(
                SocketSample.uncounted(1, 1, flow(Protocol.TCP, "10.0.0.1:4000", "192.0.2.9:443"), false), CURL, true);
        assertEquals(List.of("curl 300 3 -1 / 200 2 -1"), settle(List.of(socket),
                List.of(moved(Protocol.TCP, "10.0.0.1:4000", "192.0.2.9:443", 2, 3)), false));
    }

    @Test
    void flowsThatMoveNothingAreForgotten() {
        settle(List.of(), moved(Protocol.UDP, "10.0.0.1:4000", "192.0.2.53:53", 1, 1));
        assertEquals(1, ledger.size());
        for (int i = 0; i < FlowMemory.FORGET_AFTER + 64; i++) {
            settle(List.of());
        }
        assertEquals(0, ledger.size());
    }
}
