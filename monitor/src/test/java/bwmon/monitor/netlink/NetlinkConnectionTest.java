package bwmon.monitor.netlink;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

import bwmon.ffi.Errno;
import bwmon.ffi.ErrnoException;
import bwmon.monitor.netlink.NetlinkConnection.Notifications;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class NetlinkConnectionTest {
    private final FakeKernel kernel = new FakeKernel();
    private final NetlinkConnection connection = new NetlinkConnection(kernel);

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static String decode(NetlinkMessage message) {
        return StandardCharsets.US_ASCII.decode(message.payload().duplicate()).toString();
    }

    private List<String> dump() throws IOException {
        return connection.dump("words", 20, text("all"), NetlinkConnectionTest::decode);
    }

    @Test
    void aDumpComesInParts() throws IOException {
        kernel.then((k, request) -> k
                .arrives(k.part(request, 20, 0, text("one")), k.part(request, 20, 0, text("two")))
                .arrives(k.part(request, 20, 0, text("three")))
                .arrives(k.part(request, Netlink.NLMSG_NOOP, 0, text("")), k.part(request, 20, 0, text("four")),
                        k.done(request, 0)));
        assertEquals(List.of("one", "two", "three", "four"), dump());
        NetlinkMessage request = kernel.requests().get(0);
        assertEquals(20, request.type());
        assertEquals(Netlink.NLM_F_REQUEST | Netlink.NLM_F_DUMP, request.flags());
        assertEquals("all", decode(request));
    }

    @Test
    void anErrorNamesWhatWasListed() {
        kernel.then((k, request) -> k
                .arrives(k.part(request, Netlink.NLMSG_ERROR, 0, FakeKernel.number(-Errno.EPERM))));
        var e = assertThrows(ErrnoException.class, this::dump);
        assertEquals(Errno.EPERM, e.errno());
        assertEquals("dump of words: EPERM (" + Errno.text(Errno.EPERM) + ")", e.getMessage());
    }

    @Test
    void anErrorAtTheEndIsAnError() {
        kernel.then((k, request) -> k.arrives(k.part(request, 20, 0, text("one")), k.done(request, -Errno.ENOENT)));
        assertEquals(Errno.ENOENT, assertThrows(ErrnoException.class, this::dump).errno());
    }

    @Test
    void anInterruptedDumpIsAskedForAgain() throws IOException {
        kernel.then((k, request) -> k
                .arrives(k.part(request, 20, 0, text("old")),
                        k.part(request, 20, Netlink.NLM_F_DUMP_INTR, text("twice")))
                .arrives(k.done(request, 0)));
        kernel.thenDump(text("new"));
        assertEquals(List.of("new"), dump());
        assertEquals(2, kernel.requests().size());
        assertNotEquals(kernel.requests().get(0).sequence(), kernel.requests().get(1).sequence());
    }

    @Test
    void aDumpThatIsAlwaysInterruptedEnds() {
        for (int i = 0; i < 8; i++) {
            kernel.then((k, request) -> k.arrives(k.part(request, Netlink.NLMSG_DONE, Netlink.NLM_F_DUMP_INTR,
                    FakeKernel.number(0))));
        }
        var e = assertThrows(NetlinkException.class, this::dump);
        assertEquals("dump of words: no whole answer in 8 attempts, the table changed each time", e.getMessage());
    }

    @Test
    void anOverrunDumpIsReadToItsEndAndAskedForAgain() throws IOException {
        kernel.then((k, request) -> k.arrives(k.part(request, 20, 0, text("one"))).overruns(1)
                .arrives(k.part(request, 20, 0, text("three"))).arrives(k.done(request, 0)));
        kernel.thenDump(text("one"), text("two"), text("three"));
        assertEquals(List.of("one", "two", "three"), dump());
        kernel.then((k, request) -> k.arrives(k.part(request, Netlink.NLMSG_OVERRUN, 0, text(""))));
        kernel.thenDump(text("whole"));
        assertEquals(List.of("whole"), dump());
    }

    @Test
    void otherSequencesPortsAndSendersAreNoAnswers() throws IOException {
        kernel.then((k, request) -> k
                .arrives(new MessageWriter(20, 0, request.sequence() - 1, FakeKernel.PORT).bytes(text("stale"))
                        .toBytes())
                .arrives(new MessageWriter(20, 0, request.sequence(), 1).bytes(text("not ours")).toBytes())
                .arrivesFrom(333, k.part(request, 20, 0, text("forged")))
                .arrivesFrom(333, k.done(request, 0))
                .arrives(k.part(request, 20, 0, text("true")), k.done(request, 0)));
        assertEquals(List.of("true"), dump());
    }

    @Test
    void aCutDatagramIsRefusedAndTheRestReadAway() throws IOException {
        kernel.then((k, request) -> k.arrivesCut(k.part(request, 20, 0, text("a long answer")), 20)
                .arrives(k.done(request, 0)));
        assertThrows(NetlinkException.class, this::dump);
        assertTrue(kernel.isDrained());
        kernel.thenDump(text("after"));
        assertEquals(List.of("after"), dump());
    }

    @Test
    void aMalformedMessageIsRefused() {
        kernel.then((k, request) -> {
            byte[] lie = k.part(request, 20, 0, text("lie"));
            lie[0] = 100;
            lie[3] = 100;
            k.arrives(k.part(request, 20, 0, text("one")), lie).arrives(k.done(request, 0));
        });
        assertThrows(NetlinkException.class, this::dump);
        assertTrue(kernel.isDrained());
        kernel.then((k, request) -> k.arrives(k.part(request, Netlink.NLMSG_ERROR, 0, new byte[2])));
        assertThrows(NetlinkException.class, this::dump, "an error without an error in it");
    }

    @Test
    void aKernelThatDoesNotAnswerIsAnError() {
        kernel.then((k, request) -> {});
        assertEquals(Errno.EAGAIN, assertThrows(ErrnoException.class, this::dump).errno());
    }

    private List<String> transact(int... flags) throws IOException {
        return connection.transact("two things", Arrays.stream(flags)
                .mapToObj(f -> new MessageWriter(30, Netlink.NLM_F_REQUEST | f, 0, 0)).toList(),
                NetlinkConnectionTest::decode);
    }

    private static byte[] acknowledges(NetlinkMessage first, int index, int error) {
        return new MessageWriter(Netlink.NLMSG_ERROR, 0, first.sequence() + index, FakeKernel.PORT)
                .bytes(FakeKernel.number(error)).toBytes();
    }

    @Test
    void aTransactionWaitsForEachAcknowledgement() throws IOException {
        kernel.then((k, first) -> k.arrives(acknowledges(first, 2, 0))
                .arrivesFrom(333, acknowledges(first, 1, -Errno.EPERM))
                .arrives(acknowledges(first, -1, -Errno.EPERM))
                .arrives(k.part(first, 20, 0, text("answer")), acknowledges(first, 1, 0)));
        assertEquals(List.of("answer"), transact(0, Netlink.NLM_F_ACK, Netlink.NLM_F_ACK, 0));
        assertTrue(kernel.isDrained());
        assertThrows(IllegalArgumentException.class, () -> transact(0), "nothing to wait for");
    }

    @Test
    void aTransactionThatIsRefusedIsAnErrorAndItsRestReadAway() throws IOException {
        kernel.then((k, first) -> k.arrives(acknowledges(first, 0, -Errno.EEXIST))
                .arrives(acknowledges(first, 1, 0)));
        var e = assertThrows(ErrnoException.class, () -> transact(0, Netlink.NLM_F_ACK));
        assertEquals(Errno.EEXIST, e.errno());
        assertEquals("two things: EEXIST (" + Errno.text(Errno.EEXIST) + ")", e.getMessage());
        assertTrue(kernel.isDrained());
        kernel.then((k, first) -> {});
        assertEquals(Errno.EAGAIN, assertThrows(ErrnoException.class, () -> transact(Netlink.NLM_F_ACK)).errno());
    }

    private Notifications<String> notifications(int limit) throws IOException {
        return connection.notifications(limit, NetlinkConnectionTest::decode);
    }

    private static byte[] notification(String text) {
        return new MessageWriter(20, 0, 0, 0).bytes(text(text)).toBytes();
    }

    @Test
    void notificationsAreTakenWithoutWaiting() throws IOException {
        assertEquals(new Notifications<>(List.of(), 0, 0), notifications(10));
        kernel.arrives(notification("a"), notification("b")).arrivesFrom(5, notification("forged"))
                .arrives(notification("c"));
        assertEquals(new Notifications<>(List.of("a", "b", "c"), 0, 0), notifications(10));
    }

    @Test
    void theRestWaitsBeyondTheLimit() throws IOException {
        kernel.arrives(notification("a")).arrives(notification("b"));
        assertEquals(new Notifications<>(List.of("a"), 0, 0), notifications(1));
        assertEquals(new Notifications<>(List.of("b"), 0, 0), notifications(1));
    }

    @Test
    void whatIsLostIsCountedOnceAndTheRestKept() throws IOException {
        byte[] lie = notification("lie");
        lie[0] = 100;
        kernel.arrives(notification("a")).overruns(7).arrives(notification("b")).arrives(lie)
                .arrivesCut(notification("a long one"), 18);
        assertEquals(new Notifications<>(List.of("a", "b"), 2, 7), notifications(10));
        kernel.arrives(notification("c"));
        assertEquals(new Notifications<>(List.of("c"), 0, 0), notifications(10));
    }

    @Test
    void anotherErrorIsToldOnceNothingIsLeftToRead() throws IOException {
        kernel.arrives(notification("a")).fails(Errno.EBADF).fails(Errno.EBADF);
        assertEquals(List.of("a"), notifications(10).messages());
        assertThrows(ErrnoException.class, () -> notifications(10));
    }

    @Test
    void closingClosesTheChannel() {
        connection.close();
        assertTrue(kernel.isClosed());
    }
}
