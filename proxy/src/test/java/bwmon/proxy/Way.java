package bwmon.proxy;

import java.io.IOException;
import java.net.SocketAddress;
import java.util.List;

import bwmon.proxy.relay.RelayRuntime;
import bwmon.proxy.socket.EpollTransport;
import bwmon.proxy.socket.ListeningSocket;
import bwmon.proxy.socket.NioTransport;
import bwmon.proxy.socket.StreamSocket;
import bwmon.proxy.socket.Transport;
import bwmon.traffic.Ticker;
import io.netty.channel.IoHandlerFactory;
import org.jspecify.annotations.Nullable;

/** The ways to forward, of which the host decides by itself: they are to differ in speed alone. */
enum Way {
    /** What comes in bulk goes from socket to socket through kernel pipes. */
    SPLICE,
    /** All is read and written, as where there is no pipe to be had. */
    COPY,
    /** By java.nio, where there is no epoll library. */
    NIO;

    private static final int THREADS = 2;

    private Transport transport() {
        return switch (this) {
            case SPLICE -> new EpollTransport();
            case COPY -> new WithoutSplice(new EpollTransport());
            case NIO -> new NioTransport();
        };
    }

    /** Event loops of this kind, two of them. */
    RelayRuntime runtime() {
        return runtime(THREADS);
    }

    RelayRuntime runtime(int threads) {
        return new RelayRuntime(threads, transport(), Ticker.SYSTEM);
    }

    /** Behind what runpipe is to be started as a process of its own, so that it takes this way. */
    List<String> prefix() {
        // A shell's background job ignores SIGINT, and so would all that it starts.
        List<String> prefix = List.of("env", "--default-signal=INT");
        return switch (this) {
            case SPLICE -> prefix;
            case COPY -> throw new IllegalArgumentException("no host is like that");
            case NIO -> List.of("env", "--default-signal=INT",
                    // What Netty asks before it looks for its library.
                    "JDK_JAVA_OPTIONS=-Dio.netty.transport.noNative=true");
        };
    }

    /** Another way to do sockets, without splicing. */
    private record WithoutSplice(Transport sockets) implements Transport {
        @Override
        public IoHandlerFactory loops() {
            return sockets.loops();
        }

        @Override
        public @Nullable String remark() {
            return sockets.remark();
        }

        @Override
        public boolean canSplice() {
            return false;
        }

        @Override
        public StreamSocket socket(SocketAddress address) throws IOException {
            return sockets.socket(address);
        }

        @Override
        public ListeningSocket bind(SocketAddress address) throws IOException {
            return sockets.bind(address);
        }

        @Override
        public ListeningSocket join(ListeningSocket other) throws IOException {
            return sockets.join(other);
        }
    }
}
