package bwmon.proxy.socket;

import java.io.IOException;
import java.net.SocketAddress;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import org.jspecify.annotations.Nullable;

/** Sockets on Netty's epoll loops. */
public final class EpollTransport implements Transport {

    /** Why there is none here; null if there is. */
    public static @Nullable Throwable unavailable() {
        return Epoll.unavailabilityCause();
    }

    @Override
    public @Nullable String remark() {
        return null;
    }

    @Override
    public IoHandlerFactory loops() {
        return EpollIoHandler.newFactory();
    }

    @Override
    public boolean canSplice() {
        return true;
    }

    @Override
    public StreamSocket socket(SocketAddress address) throws IOException {
        return EpollSocket.forAddress(address);
    }

    @Override
    public ListeningSocket bind(SocketAddress address) throws IOException {
        EpollSocket socket = EpollSocket.forAddress(address);
        try {
            if (socket.isTcp()) {
                // Else a restart would have to wait for connections in TIME_WAIT.
                socket.setReuseAddress(true);
            }
            socket.bind(EpollSocket.nativeAddress(address));
            return new EpollListener(socket);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    @Override
    public ListeningSocket join(ListeningSocket other) throws IOException {
        return ((EpollListener) other).duplicate();
    }
}
