package bwmon.proxy.socket;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.nio.NioIoHandler;
import org.jspecify.annotations.Nullable;

/** Sockets of java.nio on Netty's selector loops, where there is no epoll library. */
public final class NioTransport implements Transport {

    @Override
    public @Nullable String remark() {
        Throwable missing = EpollTransport.unavailable();
        return missing == null
                ? null
                : "forwarding takes more processor time here, without Netty's epoll library: "
                        + SystemErrors.rootText(missing);
    }

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
        return NioSocket.forAddress(address);
    }

    /** {@inheritDoc} Here it listens already: clients are kept waiting, not refused. */
    @Override
    public ListeningSocket bind(SocketAddress address) throws IOException {
        return NioListener.bind(address, false);
    }

    @Override
    public ListeningSocket join(ListeningSocket other) throws IOException {
        InetSocketAddress address = other.localAddress();
        if (address == null) {
            throw new IllegalArgumentException("UNIX sockets do not share their place");
        }
        return NioListener.bind(address, true);
    }
}
