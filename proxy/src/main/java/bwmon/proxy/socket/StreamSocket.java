package bwmon.proxy.socket;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

import io.netty.buffer.ByteBuf;
import io.netty.channel.IoEventLoop;
import org.jspecify.annotations.Nullable;

/**
 * A non-blocking stream socket, TCP or UNIX, on an event loop: it keeps in mind whether reading and writing are worth a try,
 * and tells its listener when that changes, once a change (edge-triggered). Event loop only, once it is registered.
 */
public interface StreamSocket {

    /** Whether it is TCP; else UNIX. */
    boolean isTcp();

    /** Our end. TCP only; null where that is not known, because the connection was reset as soon as it was made. */
    @Nullable
    InetSocketAddress localAddress();

    /** Options for both ends of a forwarded connection. */
    void tune() throws IOException;

    /** Whether there is something to read already, asked where no loop has it; where that cannot be told, false. */
    boolean hasInput();

    /**
     * Begins to connect.
     *
     * @param speaksFirst whether something will be written as soon as there is a connection: the handshake's last
     *     acknowledgement then goes with it, which saves both hosts a packet, and the peer a look
     * @return whether it is connected already; else {@link #isConnected} tells, once it is {@link #mayWrite writable}
     * @throws IOException with what the kernel said
     */
    boolean beginConnect(SocketAddress address, boolean speaksFirst) throws IOException;

    /**
     * Whether a connection that was begun is made.
     *
     * @throws IOException if it failed
     */
    boolean isConnected() throws IOException;

    /**
     * Puts the socket on a loop, on whose thread this is called; the listener is called there after every change.
     *
     * @throws IOException if the loop does not take it (fs.epoll.max_user_watches)
     */
    void register(IoEventLoop loop, Runnable listener) throws IOException;

    /**
     * Asks to be told of what is the case, also where it was told before: the edge comes again. So a listener that has
     * more to do than is fair goes on when the others have had their turn. Nothing where no loop has it.
     */
    void arm() throws IOException;

    /** Who is told of changes from now on. */
    void listener(Runnable listener);

    /** Whether reading may give something. */
    boolean mayRead();

    /** Whether writing may take something. */
    boolean mayWrite();

    /**
     * Reads into a direct buffer from its start.
     *
     * @return bytes read, 0 if there are none now, -1 at the end of the stream
     */
    int read(ByteBuf buffer, int max) throws IOException;

    /**
     * Writes from a direct buffer.
     *
     * @return bytes that the kernel took, 0 or more
     */
    int write(ByteBuf buffer, int from, int to) throws IOException;

    /**
     * Moves what the peer sent into an empty kernel pipe.
     *
     * @param max bytes, 1 or more
     * @return bytes moved; 0 if there are none now, or where {@link #mayRead} still says yes, none that can be moved: then
     *     reading tells more, the end of the stream too
     * @throws IOException with what the kernel said; EINVAL and ENOSYS mean that it does not splice this socket
     */
    int moveTo(KernelPipe pipe, int max) throws IOException;

    /**
     * Sends what a kernel pipe holds, as far as the socket takes it.
     *
     * @return bytes that the kernel took, 0 or more
     */
    int takeFrom(KernelPipe pipe) throws IOException;

    /**
     * Says that nothing more will be written.
     *
     * @throws IOException if the connection is broken already
     */
    void endOutput() throws IOException;

    /**
     * How much of what was written, FIN included, the peer's kernel has not acknowledged: 0 for nothing, and for nothing
     * that ever will be, because the connection is no more; else a figure that falls as delivery goes on. UNIX sockets
     * deliver at once.
     */
    long undelivered() throws IOException;

    /**
     * Whether the peer ended its stream, asked where reading told of an end: where the one word that the kernel has of a
     * reset was used up by a splice that had moved something before, reading tells of an end in its place.
     *
     * @param bytes all that was read from this socket
     */
    boolean hasEnded(long bytes) throws IOException;

    /**
     * Closes; what was written is still delivered, then FIN. Neither reading nor writing is worth a try from then on. Closing
     * twice does nothing.
     */
    void close() throws IOException;

    /** Breaks the connection off, so that the peer does not take what it got for all there was. */
    void reset() throws IOException;
}
