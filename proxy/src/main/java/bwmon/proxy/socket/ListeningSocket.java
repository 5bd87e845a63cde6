package bwmon.proxy.socket;

import java.io.IOException;
import java.net.InetSocketAddress;

import io.netty.channel.IoEventLoop;
import org.jspecify.annotations.Nullable;

/** A non-blocking socket that is bound, and listens from {@link #listen} on. Event loop only, once it is registered. */
public interface ListeningSocket {
    /** How many may wait to be accepted; the kernel cuts it to net.core.somaxconn. */
    int BACKLOG = 65_535;

    /** Whether it is TCP; else UNIX. */
    boolean isTcp();

    /** Where it is bound to; null for UNIX sockets. */
    @Nullable
    InetSocketAddress localAddress();

    /**
     * Starts to listen, where that was not done by the {@link Transport#bind bind}.
     *
     * @throws IOException with what the kernel said: another may have begun to listen since the bind
     */
    void listen() throws IOException;

    /**
     * Lets others of this program's event loops take connections from the same address, by what {@link Transport#join} makes.
     */
    void share() throws IOException;

    /**
     * Puts the socket on a loop, on whose thread this is called; the listener is called there again and again while somebody
     * waits (level-triggered).
     *
     * @throws IOException if the loop does not take it (fs.epoll.max_user_watches)
     */
    void register(IoEventLoop loop, Runnable listener) throws IOException;

    /** Whether a loop has it. */
    boolean isRegistered();

    /** Tells of nobody who waits, until {@link #resume}. */
    void pause();

    /**
     * Tells of those who wait, as before {@link #pause}.
     *
     * @throws IOException as {@link #register}
     */
    void resume() throws IOException;

    /**
     * Takes the next connection; its socket is {@link StreamSocket#tune tuned}.
     *
     * @return null if nobody waits
     * @throws IOException with what the kernel said
     */
    @Nullable
    Accepted accept() throws IOException;

    /**
     * A connection that was taken.
     *
     * @param remote the client's end; null for UNIX sockets
     */
    record Accepted(StreamSocket socket, @Nullable InetSocketAddress remote) {}

    /** Whether there are connections that nobody has accepted; where that is not known, yes. */
    boolean hasWaiting() throws IOException;

    /** Closes. Closing twice does nothing. */
    void close() throws IOException;
}
