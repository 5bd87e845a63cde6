package bwmon.monitor.netlink;

import java.io.IOException;
import java.nio.ByteBuffer;

import org.jspecify.annotations.Nullable;

/** What carries messages to the kernel and back: the real socket, or a test's kernel. For one thread at a time. */
public interface NetlinkChannel extends AutoCloseable {

    /**
     * What one receive gave.
     *
     * @param bytes what fitted; good only until the next receive
     * @param length how long the datagram was; more than the bytes if it was cut
     * @param senderPort 0 if the kernel sent it
     */
    record Datagram(ByteBuffer bytes, long length, int senderPort) {
        boolean isCut() {
            return length > bytes.remaining();
        }
    }

    /** This socket's port, which the kernel chose. */
    int port();

    /** Sends one message. */
    void send(byte[] message) throws IOException;

    /**
     * Receives one datagram, waiting for it for at most some seconds.
     *
     * @throws bwmon.ffi.ErrnoException if the kernel refuses; ENOBUFS says that datagrams were lost, EAGAIN that none came
     */
    Datagram receive() throws IOException;

    /**
     * Receives one datagram that is there already.
     *
     * @return null if none is
     * @throws bwmon.ffi.ErrnoException if the kernel refuses; ENOBUFS says that datagrams were lost
     */
    @Nullable
    Datagram receiveNow() throws IOException;

    /**
     * Waits until a datagram, or an error, is there.
     *
     * @param millis at most, 0 or more
     * @return whether one is; false also if a signal came first
     */
    boolean await(int millis) throws IOException;

    /** How many datagrams the kernel could not queue since the opening, 0 or more. */
    long drops() throws IOException;

    @Override
    void close();
}
