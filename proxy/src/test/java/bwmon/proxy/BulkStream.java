package bwmon.proxy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;

import bwmon.proxy.relay.FinishedConnection;
import bwmon.proxy.relay.Target;
import bwmon.traffic.Direction;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** One connection through a pipe that moves bulk one way, of which every byte can be accounted for. Not blocking, one thread. */
final class BulkStream implements AutoCloseable {
    private static final int CHUNK = 256 * 1024;

    private final ServerSocketChannel listener;
    private final TestPipe pipe;
    private final Direction direction;
    private final Pattern pattern = new Pattern(11);
    private final SocketChannel client;
    private final SocketChannel server;
    private long sent;
    private long received;

    BulkStream(Way way, Direction direction) throws Exception {
        this.direction = direction;
        listener = ServerSocketChannel.open(StandardProtocolFamily.INET)
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        int port = ((InetSocketAddress) listener.getLocalAddress()).getPort();
        pipe = TestPipe.open(way.runtime(1), TestPipe.spec(TestPipe.options(new Target.Tcp("127.0.0.1", port))));
        client = SocketChannel.open(StandardProtocolFamily.INET);
        client.connect(pipe.connectAddress());
        server = listener.accept();
        client.configureBlocking(false);
        server.configureBlocking(false);
    }

    private SocketChannel source() {
        return direction == Direction.TX ? client : server;
    }

    private SocketChannel sink() {
        return direction == Direction.TX ? server : client;
    }

    /** Gives the source's kernel as much as it takes now, up to that many bytes in all. */
    boolean send(long limit) throws IOException {
        long before = sent;
        byte[] bytes = new byte[CHUNK];
        while (sent < limit) {
            int length = (int) Math.min(CHUNK, limit - sent);
            pattern.fill(bytes, length, sent);
            int taken = source().write(ByteBuffer.wrap(bytes, 0, length));
            sent += taken;
            if (taken < length) {
                break;
            }
        }
        return sent > before;
    }

    /** Reads what there is, and checks it; whether the end was there. */
    boolean receive() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(CHUNK);
        for (int count = sink().read(buffer); count != 0; count = sink().read(buffer)) {
            if (count < 0) {
                return true;
            }
            assertEquals(-1, pattern.mismatch(buffer.array(), count, received));
            received += count;
            buffer.clear();
        }
        return false;
    }

    /** Moves so many bytes to the other end. */
    void move(long bytes) {
        long goal = received + bytes;
        await().pollInterval(Duration.ofMillis(1)).atMost(Duration.ofSeconds(60)).until(() -> {
            send(goal);
            receive();
            return received == goal;
        });
    }

    /** Sends, and reads nothing, until nothing goes any more. */
    void stall() {
        await().pollInterval(Duration.ofMillis(300)).atMost(Duration.ofSeconds(60))
                .until(() -> !send(Long.MAX_VALUE) && held() == meterHeld());
    }

    void endSource() throws IOException {
        source().shutdownOutput();
    }

    /** What is neither with a peer nor with the kernel for one of the four sockets. */
    long held() throws IOException {
        int clientPort = port(client.getLocalAddress());
        int pipePort = port(client.getRemoteAddress());
        int upstreamPort = port(server.getRemoteAddress());
        int serverPort = port(server.getLocalAddress());
        int[] in = direction == Direction.TX
                ? new int[]{clientPort, pipePort}
                : new int[]{serverPort, upstreamPort};
        int[] out = direction == Direction.TX
                ? new int[]{upstreamPort, serverPort}
                : new int[]{pipePort, clientPort};
        long kernel = TcpQueues.of(in[0], in[1]).unacknowledged() + TcpQueues.of(in[1], in[0]).unread()
                + TcpQueues.of(out[0], out[1]).unacknowledged() + TcpQueues.of(out[1], out[0]).unread();
        return sent - received - kernel;
    }

    /** The same as the pipe counts it. */
    long meterHeld() {
        return pipe.meter().read(direction) - pipe.meter().forwarded(direction);
    }

    private static int port(SocketAddress address) {
        return ((InetSocketAddress) address).getPort();
    }

    void resetSource() throws IOException {
        reset(source());
    }

    void resetSink() throws IOException {
        reset(sink());
    }

    private static void reset(SocketChannel socket) throws IOException {
        socket.setOption(StandardSocketOptions.SO_LINGER, 0);
        // Else the descriptor would stay open until a selector lets go of it.
        socket.configureBlocking(true);
        socket.close();
    }

    long sent() {
        return sent;
    }

    long received() {
        return received;
    }

    FinishedConnection ended() throws InterruptedException {
        return pipe.ended();
    }

    TestPipe pipe() {
        return pipe;
    }

    @Override
    public void close() throws IOException {
        client.close();
        server.close();
        pipe.close();
        listener.close();
    }
}
