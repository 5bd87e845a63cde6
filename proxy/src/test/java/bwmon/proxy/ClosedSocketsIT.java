package bwmon.proxy;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;

import bwmon.proxy.meter.ConnectionEnd;
import bwmon.proxy.relay.RelayRuntime;
import bwmon.proxy.socket.EpollTransport;
import bwmon.proxy.socket.ListeningSocket;
import bwmon.proxy.socket.StreamSocket;
import bwmon.proxy.socket.Transport;
import bwmon.traffic.Ticker;
import io.netty.channel.IoHandlerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** A descriptor's number is another connection's as soon as it is closed: nothing may be read or written by it any more. */
@Timeout(60)
class ClosedSocketsIT {
    private static final Set<String> BY_DESCRIPTOR = Set.of("read", "write", "moveTo", "takeFrom", "endOutput",
            "undelivered", "hasEnded", "isConnected", "hasInput");

    private final Queue<String> usedAfterClose = new ConcurrentLinkedQueue<>();

    /** Epoll's sockets, which notice who uses them after they were closed. */
    private final class Watched implements Transport {
        private final Transport sockets = new EpollTransport();

        @SuppressWarnings("ReferenceEquality") // that is what equals is to be
        private StreamSocket watched(StreamSocket socket) {
            var closed = new AtomicBoolean();
            return (StreamSocket) Proxy.newProxyInstance(getClass().getClassLoader(),
                    new Class<?>[]{StreamSocket.class},
                    (self, method, arguments) -> {
                        String name = method.getName();
                        if (name.equals("equals")) {
                            return self == arguments[0];
                        }
                        if (closed.get() && BY_DESCRIPTOR.contains(name)) {
                            usedAfterClose.add(name);
                        }
                        if (name.equals("close") || name.equals("reset")) {
                            closed.set(true);
                        }
                        try {
                            return method.invoke(socket, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }

        private ListeningSocket watched(ListeningSocket listener) {
            return (ListeningSocket) Proxy.newProxyInstance(getClass().getClassLoader(),
                    new Class<?>[]{ListeningSocket.class},
                    (_, method, arguments) -> {
                        try {
                            Object result = method.invoke(listener, arguments);
                            return result instanceof ListeningSocket.Accepted(var socket, var remote)
                                    ? new ListeningSocket.Accepted(watched(socket), remote)
                                    : result;
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }

        @Override
        public @Nullable String remark() {
            return sockets.remark();
        }

        @Override
        public IoHandlerFactory loops() {
            return sockets.loops();
        }

        @Override
        public boolean canSplice() {
            return sockets.canSplice();
        }

        @Override
        public StreamSocket socket(SocketAddress address) throws IOException {
            return watched(sockets.socket(address));
        }

        @Override
        public ListeningSocket bind(SocketAddress address) throws IOException {
            return watched(sockets.bind(address));
        }

        @Override
        public ListeningSocket join(ListeningSocket other) throws IOException {
            return watched(sockets.join(other));
        }
    }

    /** A web server's way to refuse an upload: a short answer, its end, and a reset for all that comes behind it. */
    @Test
    void anUploadThatIsRefused() throws Exception {
        var upload = new Pattern(6);
        try (var upstream = Upstream.on127(socket -> {
            socket.getInputStream().read();
            new Pattern(7).send(socket, 100);
            socket.shutdownOutput();
            socket.getInputStream().readNBytes(1 << 20);
        });
                var pipe = TestPipe.open(new RelayRuntime(1, new Watched(), Ticker.SYSTEM),
                        TestPipe.spec(TestPipe.options(upstream.target())))) {
            for (int i = 0; i < 50; i++) {
                try (Socket client = pipe.connect()) {
                    Thread writer = Thread.ofVirtual().start(() -> {
                        try {
                            upload.send(client, Long.MAX_VALUE);
                        } catch (IOException e) {
                            // The reset, which is what ends it.
                        }
                    });
                    writer.join();
                    assertEquals(ConnectionEnd.UPSTREAM_RESET, pipe.ended().end());
                }
            }
        }
        assertEquals(Set.of(), Set.copyOf(usedAfterClose));
    }
}
