package bwmon.proxy.socket;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

import static org.awaitility.Awaitility.await;

/** Two ends of a connection over loopback, on no event loop. */
record SocketPair(EpollSocket client, EpollSocket server) implements AutoCloseable {

    static SocketPair open() throws IOException {
        var transport = new EpollTransport();
        ListeningSocket listener = transport.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        try {
            listener.listen();
            InetSocketAddress address = listener.localAddress();
            if (address == null) {
                throw new AssertionError("bound to nothing");
            }
            EpollSocket client = EpollSocket.forAddress(address);
            client.beginConnect(address, false);
            var accepted = await().until(listener::accept, one -> one != null);
            return new SocketPair(client, (EpollSocket) accepted.socket());
        } finally {
            listener.close();
        }
    }

    @Override
    public void close() throws IOException {
        client.close();
        server.close();
    }
}
