package bwmon.proxy.socket;

import java.io.IOException;
import java.net.SocketAddress;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.nio.NioIoHandler;

/** Sockets of java.nio on Netty's selector loops, where there is no epoll library. */
public final class NioTransport implements Transport {

    @Override
    public IoHandlerFactory loops() {
        return NioIoHandler.newFactory();
    }

    @Override
    public boolean canSplice() {
        return false;
    }

    @Override
    public StreamSocket socket(SocketAddress address) throws IOException {
        throw new IOException("to come");
    }

    @Override
    public ListeningSocket bind(SocketAddress address) throws IOException {
        throw new IOException("to come");
    }

    @Override
    public ListeningSocket join(ListeningSocket other) throws IOException {
        throw new IOException("to come");
    }
}
