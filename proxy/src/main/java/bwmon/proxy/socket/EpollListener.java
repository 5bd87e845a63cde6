package bwmon.proxy.socket;

import java.io.IOException;
import java.net.InetSocketAddress;

import bwmon.ffi.ErrnoException;
import bwmon.ffi.Libc;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.NativeInetAddress;
import org.jspecify.annotations.Nullable;

/**
 * A listening socket, or another descriptor of it, on an epoll loop. Loops that share one take connections out of one queue,
 * whichever is free first; where each had a queue of its own (SO_REUSEPORT), who was dealt to a busy one waited although
 * another was free.
 */
final class EpollListener implements ListeningSocket, EpollIoHandle {
    /** Level-triggered; with EPOLLEXCLUSIVE (epoll_ctl(2)) a connection does not wake all loops. */
    private static final EpollIoOps WAITING = EpollIoOps.valueOf(EpollIoOps.EPOLLIN.value() | 1 << 28);
    /** Room for what Netty's accept fills in: a length, and at most a UNIX path. */
    private static final int ADDRESS_BYTES = 128;

    private final EpollSocket socket;
    private final byte[] address = new byte[ADDRESS_BYTES];
    private @Nullable IoEventLoop loop;
    private @Nullable IoRegistration registration;
    private Runnable listener = () -> {};

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
    public FileDescriptor fd() {
        return socket;
    }

    @Override
    public void handle(IoRegistration registration, IoEvent event) {
        if (this.registration != null) {
            EpollSocket.tell(listener);
        }
    }

    @Override
    public void register(IoEventLoop loop, Runnable listener) throws IOException {
        this.loop = loop;
        this.listener = listener;
        resume();
    }

    @Override
    public boolean isRegistered() {
        return loop != null;
    }

    @Override
    public void pause() {
        if (registration != null) {
            // Netty does not put back what it was asked to watch for nothing.
            registration.cancel();
            registration = null;
        }
    }

    @Override
    public void resume() throws IOException {
        if (loop == null || registration != null || !socket.isOpen()) {
            return;
        }
        registration = EpollSocket.register(loop, this, WAITING);
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
        pause();
        socket.close();
    }
}
