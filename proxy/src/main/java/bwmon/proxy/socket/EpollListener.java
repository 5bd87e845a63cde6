package bwmon.proxy.socket;

import java.io.IOException;
import java.net.InetSocketAddress;

import bwmon.ffi.ErrnoException;
import bwmon.ffi.Libc;
import io.netty.channel.IoEventLoop;
import io.netty.channel.unix.NativeInetAddress;
import org.jspecify.annotations.Nullable;

/** A listening socket on an epoll loop. */
final class EpollListener implements ListeningSocket {
    /** The kernel cuts this to net.core.somaxconn. */
    private static final int BACKLOG = 65_535;
    /** Room for what Netty's accept fills in: a length, and at most a UNIX path. */
    private static final int ADDRESS_BYTES = 128;

    private final EpollSocket socket;
    private final byte[] address = new byte[ADDRESS_BYTES];

    EpollListener(EpollSocket socket) {
        this.socket = socket;
    }

    @Override
    public boolean isTcp() {
        return socket.isTcp();
    }

    @Override
    public @Nullable InetSocketAddress localAddress() {
        return socket.isTcp() ? socket.localAddress() : null;
    }

    @Override
    public void listen() throws IOException {
        // What is set here is inherited by what is accepted here, so that it need not be set on each.
        socket.tune();
        socket.listen(BACKLOG);
    }

    @Override
    public void share() {
        // The queue of connections belongs to the socket, whichever of its descriptors it is asked by.
    }

    EpollListener duplicate() throws IOException {
        int descriptor = (int) ErrnoException.check("fcntl", Libc.duplicate(socket.intValue()));
        return new EpollListener(new EpollSocket(descriptor, socket.isTcp()));
    }

    @Override
    public void register(IoEventLoop loop, Runnable listener) throws IOException {
        socket.register(loop, listener);
    }

    @Override
    public boolean isRegistered() {
        return socket.isRegistered();
    }

    @Override
    public void arm() throws IOException {
        socket.arm();
    }

    @Override
    public @Nullable Accepted accept() throws IOException {
        int descriptor = socket.accept(address);
        if (descriptor < 0) {
            return null;
        }
        return new Accepted(new EpollSocket(descriptor, socket.isTcp()),
                socket.isTcp() ? NativeInetAddress.address(address, 1, address[0]) : null);
    }

    @Override
    public boolean hasWaiting() throws IOException {
        return socket.hasWaiting();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
