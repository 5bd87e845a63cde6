package bwmon.proxy.socket;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

@Timeout(60)
class NioSocketTest {
    private static final InetSocketAddress LOOPBACK = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
    private static final NioTransport TRANSPORT = new NioTransport();
    private static final MultiThreadIoEventLoopGroup GROUP = new MultiThreadIoEventLoopGroup(1, TRANSPORT.loops());
    private static final IoEventLoop LOOP = GROUP.next();
    private static final ByteBuf BUFFER = Unpooled.directBuffer(65_536, 65_536).writeZero(65_536);

    @TempDir
    private Path folder = Path.of("");

    private final AtomicInteger events = new AtomicInteger();

    @AfterAll
    static void end() {
        GROUP.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
        BUFFER.release();
    }

    private static <T> T onLoop(Callable<T> task) throws Exception {
        return LOOP.submit(task).get();
    }

    private static void onLoop(Action action) throws Exception {
        onLoop(() -> {
            action.run();
            return "";
        });
    }

    private interface Action {
        void run() throws Exception;
    }

    /** A socket of ours on the loop, connected to a server's, which is the peer. */
    private StreamSocket connect(ServerSocket server) throws Exception {
        return onLoop(() -> {
            StreamSocket socket = TRANSPORT.socket(server.getLocalSocketAddress());
            if (!socket.beginConnect(server.getLocalSocketAddress(), false)) {
                throw new IOException("loopback connects at once");
            }
            socket.register(LOOP, events::incrementAndGet);
            return socket;
        });
    }

    private static ServerSocket server() throws IOException {
        return new ServerSocket(0, 50, LOOPBACK.getAddress());
    }

    private static int read(StreamSocket socket) throws Exception {
        return onLoop(() -> socket.read(BUFFER, BUFFER.capacity()));
    }

    /** Writes until the kernel takes no more. */
    private static long fill(StreamSocket socket) throws Exception {
        return onLoop(() -> {
            long sum = 0;
            while (socket.mayWrite()) {
                sum += socket.write(BUFFER, 0, BUFFER.capacity());
            }
            return sum;
        });
    }

    /** Processor time of the loop over a while in which nothing happens. */
    private static Duration loopTime(Duration quiet) throws Exception {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long id = onLoop(() -> Thread.currentThread().threadId());
        long start = threads.getThreadCpuTime(id);
        var over = LOOP.schedule(() -> {}, quiet.toMillis(), TimeUnit.MILLISECONDS);
        over.get();
        return Duration.ofNanos(threads.getThreadCpuTime(id) - start);
    }

    private void assertRests(String state) throws Exception {
        int before = events.get();
        Duration used = loopTime(Duration.ofMillis(500));
        assertTrue(used.toMillis() < 100, state + ": " + used);
        assertTrue(events.get() - before <= 2, state + ": " + (events.get() - before) + " events");
    }

    @Test
    void whatIsKnownIsToldOnce() throws Exception {
        try (ServerSocket server = server()) {
            StreamSocket socket = connect(server);
            try (Socket peer = server.accept()) {
                assertTrue(socket.mayRead() && socket.mayWrite(), "worth a try");
                assertEquals(0, read(socket));
                assertFalse(socket.mayRead());
                assertEquals(0, events.get());

                peer.getOutputStream().write(new byte[100]);
                await().until(() -> events.get() == 1);
                assertRests("readable, and not read");
                assertEquals(1, events.get());

                onLoop(socket::arm);
                await().until(() -> events.get() >= 2);
                assertRests("told anew");
                assertEquals(100, read(socket));
                assertFalse(socket.mayRead(), "a short read has emptied the queue");
            }
        }
    }

    @Test
    void aStalledConnectionTakesNoTime() throws Exception {
        try (ServerSocket server = server()) {
            StreamSocket socket = connect(server);
            try (Socket peer = server.accept()) {
                long written = fill(socket);
                assertFalse(socket.mayWrite());
                peer.getOutputStream().write(1);
                assertRests("nothing is taken, and what is there is not read");

                assertTrue(onLoop(socket::undelivered) > 0);
                assertEquals(written, peer.getInputStream().readNBytes((int) written).length);
                await().until(socket::mayWrite);
                await().until(() -> onLoop(socket::undelivered) == 0);
                assertRests("all is taken");
            }
        }
    }

    @Test
    void anEndOrAResetIsNotToldForEver() throws Exception {
        try (ServerSocket server = server()) {
            StreamSocket socket = connect(server);
            try (Socket peer = server.accept()) {
                assertEquals(0, read(socket));
                peer.shutdownOutput();
                await().until(socket::mayRead);
                assertEquals(-1, read(socket));
                assertRests("half-closed");
                onLoop(socket::arm);
                assertRests("half-closed, and armed");
                fill(socket);
                peer.setSoLinger(true, 0);
            }
            await().until(socket::mayWrite);
            assertRests("reset, and not known");
            IOException broken = assertThrows(IOException.class, () -> {
                try {
                    fill(socket);
                } catch (ExecutionException e) {
                    throw e.getCause();
                }
            });
            assertEquals(SystemErrors.EPIPE, SystemErrors.number(broken), "it had ended its stream before");
            assertEquals(0, onLoop(socket::undelivered), "a connection that is no more");
            onLoop(socket::arm);
            assertRests("reset, and known");
            onLoop(socket::close);
        }
    }

    @Test
    void aPeerSeesAResetAtOnceAndLosesWhatItHasNotRead() throws Exception {
        try (ServerSocket server = server()) {
            StreamSocket socket = connect(server);
            try (Socket peer = server.accept()) {
                peer.setSoTimeout(10_000);
                onLoop(socket::reset);
                assertEquals("Connection reset",
                        assertThrows(SocketException.class, () -> peer.getInputStream().read()).getMessage());
            }
            StreamSocket closed = connect(server);
            try (Socket peer = server.accept()) {
                onLoop(() -> {
                    closed.write(BUFFER, 0, 1000);
                    closed.close();
                    closed.close();
                });
                assertEquals(1000, peer.getInputStream().readAllBytes().length);
            }
        }
    }

    @Test
    void whatThePeerResetsIsToldByItsNumber() throws Exception {
        try (ServerSocket server = server()) {
            for (boolean byRead : new boolean[]{true, false}) {
                StreamSocket socket = connect(server);
                try (Socket peer = server.accept()) {
                    read(socket);
                    peer.setSoLinger(true, 0);
                }
                await().until(socket::mayRead);
                IOException error = onLoop(() -> assertThrows(IOException.class, () -> {
                    int _ = byRead ? socket.read(BUFFER, 1) : socket.write(BUFFER, 0, 1);
                }));
                assertEquals(SystemErrors.ECONNRESET, SystemErrors.number(error), error.toString());
                onLoop(socket::reset);
            }
        }
    }

    @Test
    void nobodyListens() throws Exception {
        SocketAddress free;
        try (ServerSocket server = server()) {
            free = server.getLocalSocketAddress();
        }
        IOException refused = assertThrows(IOException.class, () -> TRANSPORT.socket(free).beginConnect(free, false));
        assertEquals(SystemErrors.ECONNREFUSED, SystemErrors.number(refused), refused.toString());
        var nowhere = UnixDomainSocketAddress.of(folder.resolve("none"));
        IOException missing = assertThrows(IOException.class,
                () -> TRANSPORT.socket(nowhere).beginConnect(nowhere, false));
        assertEquals(SystemErrors.ENOENT, SystemErrors.number(missing), missing.toString());
        assertThrows(IOException.class,
                () -> TRANSPORT.socket(LOOPBACK).beginConnect(InetSocketAddress.createUnresolved("name.invalid", 1),
                        false));
    }

    @Test
    void aFullQueueOfAUnixListenerIsNoConnection() throws Exception {
        var address = UnixDomainSocketAddress.of(folder.resolve("busy"));
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(address, 1);
            var sockets = new ArrayList<StreamSocket>();
            IOException full = assertThrows(IOException.class, () -> {
                while (sockets.size() < 10) {
                    sockets.add(TRANSPORT.socket(address));
                    assertTrue(sockets.getLast().beginConnect(address, false));
                }
            });
            assertEquals(SystemErrors.EAGAIN, SystemErrors.number(full), full.toString());
            for (StreamSocket socket : sockets) {
                socket.close();
            }
        }
    }

    @Test
    void placesAreTakenSharedAndGivenBack() throws Exception {
        ListeningSocket first = TRANSPORT.bind(LOOPBACK);
        InetSocketAddress address = first.localAddress();
        assertNotNull(address);
        assertInUse(address);
        first.listen();
        first.share();
        ListeningSocket second = TRANSPORT.join(first);
        assertInUse(address);
        AtomicInteger accepted = new AtomicInteger();
        for (ListeningSocket socket : new ListeningSocket[]{first, second}) {
            onLoop(() -> socket.register(LOOP, () -> acceptAll(socket, accepted)));
        }
        for (int i = 0; i < 50; i++) {
            new Socket(address.getAddress(), address.getPort()).close();
        }
        await().until(() -> accepted.get() == 50);
        onLoop(first::close);
        onLoop(second::close);
        TRANSPORT.bind(address).close();
    }

    private void acceptAll(ListeningSocket socket, AtomicInteger count) {
        events.incrementAndGet();
        try {
            for (var next = socket.accept(); next != null; next = socket.accept()) {
                count.incrementAndGet();
                assertNotNull(next.remote());
                assertEquals(socket.localAddress(), next.socket().localAddress());
                next.socket().close();
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void assertInUse(SocketAddress address) {
        IOException inUse = assertThrows(IOException.class, () -> TRANSPORT.bind(address));
        assertEquals(SystemErrors.EADDRINUSE, SystemErrors.number(inUse), inUse.toString());
    }

    @Test
    void clientsThatAreKeptWaitingTakeNoTime() throws Exception {
        ListeningSocket listener = TRANSPORT.bind(LOOPBACK);
        onLoop(() -> listener.register(LOOP, () -> {
            events.incrementAndGet();
            listener.pause();
        }));
        InetSocketAddress address = listener.localAddress();
        assertNotNull(address);
        try (var _ = new Socket(address.getAddress(), address.getPort())) {
            await().until(() -> events.get() == 1);
            assertRests("nobody accepts");
            onLoop(listener::resume);
            await().until(() -> events.get() == 2);
        }
        onLoop(listener::close);
    }

    @Test
    void addressesThatCannotBeTaken() {
        IOException foreign = assertThrows(IOException.class,
                () -> TRANSPORT.bind(new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 0)));
        assertEquals(SystemErrors.EADDRNOTAVAIL, SystemErrors.number(foreign), foreign.toString());
        assertThrows(IOException.class, () -> TRANSPORT.bind(InetSocketAddress.createUnresolved("name.invalid", 1)));
        IOException noFolder = assertThrows(IOException.class,
                () -> TRANSPORT.bind(UnixDomainSocketAddress.of(folder.resolve("none/socket"))));
        assertEquals(SystemErrors.ENOENT, SystemErrors.number(noFolder), noFolder.toString());
    }

    @Test
    void anIpv4AddressIsTakenForIpv4Only() throws Exception {
        ListeningSocket v4 = TRANSPORT.bind(new InetSocketAddress(InetAddress.ofLiteral("0.0.0.0"), 0));
        InetSocketAddress address = v4.localAddress();
        assertNotNull(address);
        SocketAddress v6 = new InetSocketAddress(Inet6Address.ofLiteral("::1"), address.getPort());
        IOException refused = assertThrows(IOException.class, () -> TRANSPORT.socket(v6).beginConnect(v6, false));
        assumeTrue(SystemErrors.number(refused) != SystemErrors.EADDRNOTAVAIL, "this host has no ::1");
        assertEquals(SystemErrors.ECONNREFUSED, SystemErrors.number(refused), refused.toString());
        v4.close();
    }

    @Test
    void unixSocketsServeBothWays() throws Exception {
        var address = UnixDomainSocketAddress.of(folder.resolve("socket"));
        ListeningSocket listener = TRANSPORT.bind(address);
        assertNull(listener.localAddress());
        AtomicReference<StreamSocket> accepted = new AtomicReference<>();
        onLoop(() -> listener.register(LOOP, () -> {
            try {
                var next = listener.accept();
                if (next != null) {
                    assertNull(next.remote());
                    accepted.set(next.socket());
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }));
        try (SocketChannel client = SocketChannel.open(address)) {
            await().until(() -> accepted.get() != null);
            StreamSocket socket = accepted.get();
            onLoop(() -> socket.register(LOOP, events::incrementAndGet));
            client.write(ByteBuffer.wrap(new byte[10]));
            assertEquals(10, read(socket));
            fill(socket);
            assertEquals(0, onLoop(socket::undelivered));
            assertRests("stalled");
            onLoop(socket::reset);
        }
        onLoop(listener::close);
    }
}
