package bwmon.proxy.socket;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

import io.netty.channel.IoEventLoop;
import org.jspecify.annotations.Nullable;

/**
 * A listening socket of java.nio on a selector loop.
 *
 * <p>java.nio binds and listens in one step: from {@link #bind} on the kernel lets clients connect, who wait in its queue
 * until they are accepted, and are reset if the socket is closed before that.
 */
final class NioListener implements ListeningSocket {

    private final ServerSocketChannel channel;
    private final ProtocolFamily family;
    private final @Nullable InetSocketAddress local;
    private final Selection selection;
    private Runnable listener = () -> {};

    private NioListener(ServerSocketChannel channel, ProtocolFamily family, @Nullable InetSocketAddress local) {
        this.channel = channel;
        this.family = family;
        this.local = local;
        this.selection = new Selection(channel, _ -> listener.run());
    }

    /**
     * A socket that is bound and listens.
     *
     * @param isShared whether it shares its place (SO_REUSEPORT, socket(7))
     * @throws IOException with what the kernel said
     */
    static NioListener bind(SocketAddress address, boolean isShared) throws IOException {
        ProtocolFamily family = NioSocket.family(address);
        ServerSocketChannel channel = null;
        try {
            channel = ServerSocketChannel.open(family);
            channel.configureBlocking(false);
            if (family != StandardProtocolFamily.UNIX) {
                // Else a restart would have to wait for connections in TIME_WAIT.
                channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
                if (isShared) {
                    channel.setOption(StandardSocketOptions.SO_REUSEPORT, true);
                }
            }
            channel.bind(address, BACKLOG);
            return new NioListener(channel, family,
                    channel.getLocalAddress() instanceof InetSocketAddress inet ? inet : null);
        } catch (IOException | RuntimeException e) {
            if (channel != null) {
                channel.close();
            }
            // java.nio throws unchecked where a family is switched off, or an address is none.
            throw e instanceof IOException known
                    ? known
                    : new IOException("cannot bind to " + Addresses.text(address), e);
        }
    }

    @Override
    public boolean isTcp() {
        return family != StandardProtocolFamily.UNIX;
    }

    @Override
    public @Nullable InetSocketAddress localAddress() {
        return local;
    }

    /** Nothing: it listens already. */
    @Override
    public void listen() {}

    @Override
    public void share() throws IOException {
        try {
            channel.setOption(StandardSocketOptions.SO_REUSEPORT, true);
        } catch (UnsupportedOperationException e) {
            throw new IOException("cannot share a listening socket's place", e);
        }
    }

    @Override
    public void register(IoEventLoop loop, Runnable listener) throws IOException {
        this.listener = listener;
        selection.register(loop);
        resume();
    }

    @Override
    public boolean isRegistered() {
        return selection.isRegistered();
    }

    @Override
    public void pause() {
        selection.ask(0);
    }

    @Override
    public void resume() {
        selection.ask(SelectionKey.OP_ACCEPT);
    }

    @Override
    public @Nullable Accepted accept() throws IOException {
        SocketChannel accepted = channel.accept();
        if (accepted == null) {
            return null;
        }
        NioSocket socket = NioSocket.accepted(accepted, family);
        return new Accepted(socket, accepted.getRemoteAddress() instanceof InetSocketAddress inet ? inet : null);
    }

    /** Yes: it cannot be asked. */
    @Override
    public boolean hasWaiting() {
        return true;
    }

    @Override
    public void close() throws IOException {
        // Whoever closes it wants its address to be free.
        selection.closeNow();
    }
}
