package bwmon.proxy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;

import bwmon.proxy.meter.ConnectionEnd;
import bwmon.proxy.relay.FinishedConnection;
import bwmon.proxy.relay.Target;
import bwmon.traffic.Direction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Bulk both ways at once, and how it ends; and what is in its midst. */
@Timeout(60)
@ParameterizedClass
@EnumSource
class BulkEndsIT {
    private static final int MIB = 1 << 20;
    private static final long UP = 48L * MIB + 1;
    private static final long DOWN = 20L * MIB + 3;

    @TempDir
    private Path folder = Path.of("");

    private final Way way;

    BulkEndsIT(Way way) {
        this.way = way;
    }

    /** Sends all of a pattern and then the end, while it reads all of another; gives what went wrong. */
    private static @Nullable Throwable talk(SocketChannel channel, Pattern out, long bytes, Pattern in, long expected)
            throws InterruptedException {
        var wrong = new AtomicReference<@Nullable Throwable>();
        Thread writer = Thread.ofPlatform().start(() -> {
            byte[] buffer = new byte[128 * 1024];
            try {
                for (long sent = 0; sent < bytes;) {
                    int count = (int) Math.min(buffer.length, bytes - sent);
                    out.fill(buffer, count, sent);
                    for (ByteBuffer rest = ByteBuffer.wrap(buffer, 0, count); rest.hasRemaining();) {
                        channel.write(rest);
                    }
                    sent += count;
                }
                channel.shutdownOutput();
            } catch (IOException | RuntimeException e) {
                wrong.set(e);
            }
        });
        try {
            ByteBuffer buffer = ByteBuffer.allocate(128 * 1024);
            long got = 0;
            for (int count = channel.read(buffer); count >= 0; count = channel.read(buffer.clear())) {
                assertEquals(-1, in.mismatch(buffer.array(), count, got));
                got += count;
            }
            assertEquals(expected, got);
        } catch (IOException | RuntimeException | AssertionError e) {
            wrong.set(e);
        }
        writer.join();
        return wrong.get();
    }

    @ParameterizedTest
    @CsvSource({"tcp,tcp", "unix,tcp", "tcp,unix", "unix,unix"})
    void eachDirectionEndsByItselfBehindItsLastByte(String in, String out) throws Exception {
        var up = new Pattern(1);
        var down = new Pattern(2);
        long pipes = Descriptors.here().pipes();
        boolean toUnix = out.equals("unix");
        SocketAddress address = toUnix
                ? UnixDomainSocketAddress.of(folder.resolve("out.sock"))
                : new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (var listener = ServerSocketChannel
                .open(toUnix ? StandardProtocolFamily.UNIX : StandardProtocolFamily.INET)) {
            listener.bind(address);
            Target target = toUnix
                    ? new Target.Unix(folder.resolve("out.sock"))
                    : new Target.Tcp("127.0.0.1", ((InetSocketAddress) listener.getLocalAddress()).getPort());
            PipeSpec spec = in.equals("unix")
                    ? new PipeSpec(null, new PipeSpec.Listen.Unix(folder.resolve("in.sock")), TestPipe.options(target))
                    : TestPipe.spec(TestPipe.options(target));
            try (var pipe = TestPipe.open(way.runtime(), spec);
                    var client = SocketChannel.open(in.equals("unix")
                            ? UnixDomainSocketAddress.of(folder.resolve("in.sock"))
                            : pipe.connectAddress());
                    var server = listener.accept()) {
                var wrong = new AtomicReference<@Nullable Throwable>();
                Thread serving = Thread.ofPlatform().start(() -> {
                    try {
                        wrong.set(talk(server, down, DOWN, up, UP));
                    } catch (InterruptedException e) {
                        wrong.set(e);
                    }
                });
                Throwable failure = talk(client, up, UP, down, DOWN);
                serving.join();
                if (failure != null || wrong.get() != null) {
                    throw new AssertionError(wrong.get() == null ? failure : wrong.get());
                }
                FinishedConnection ended = pipe.ended();
                assertEquals(ConnectionEnd.CLOSED, ended.end());
                assertEquals(UP, ended.meter().read(Direction.TX));
                assertEquals(UP, ended.meter().forwarded(Direction.TX));
                assertEquals(DOWN, ended.meter().read(Direction.RX));
                assertEquals(DOWN, ended.meter().forwarded(Direction.RX));
                assertEquals(way == Way.SPLICE, Descriptors.here().pipes() > pipes, "whether it was spliced");
            }
        }
    }

    /** Urgent data (RFC 6093) is not passed on, but what is before and behind it is. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void urgentDataHoldsNothingUp(boolean goesOn) throws Exception {
        var pattern = new Pattern(4);
        long half = 16L * MIB;
        byte[] second = new byte[(int) half];
        pattern.fill(second, second.length, half);
        try (var upstream = Upstream.on127(socket -> {
            byte[] buffer = new byte[128 * 1024];
            long got = 0;
            for (int count = socket.getInputStream().read(buffer); count >= 0; count = socket.getInputStream()
                    .read(buffer)) {
                assertEquals(-1, pattern.mismatch(buffer, count, got));
                got += count;
                if (got == 2 * half) {
                    socket.getOutputStream().write(7);
                }
            }
            assertEquals(2 * half, got);
        }); var pipe = TestPipe.to(way, upstream.target()); Socket client = pipe.connect()) {
            pattern.send(client, half);
            client.sendUrgentData(0xaa);
            client.getOutputStream().write(second);
            if (goesOn) {
                assertEquals(7, client.getInputStream().read(), "what is behind urgent data arrives without an end");
            }
            client.shutdownOutput();
            FinishedConnection ended = pipe.ended();
            assertEquals(ConnectionEnd.CLOSED, ended.end());
            assertTrue(ended.meter().read(Direction.TX) == 2 * half, () -> ended.meter().read(Direction.TX) + " bytes");
        }
    }
}
