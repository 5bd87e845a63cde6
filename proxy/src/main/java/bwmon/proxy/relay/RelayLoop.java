package bwmon.proxy.relay;

import java.util.concurrent.atomic.AtomicInteger;

import bwmon.proxy.socket.KernelPipes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.IoEventLoop;
import org.jspecify.annotations.Nullable;

/** An event loop, and what its connections share. */
final class RelayLoop {
    /** The most that is read at a time. */
    static final int BUFFER_BYTES = 128 * 1024;

    private final IoEventLoop eventLoop;
    private final @Nullable KernelPipes pipes;
    private final AtomicInteger connections = new AtomicInteger();
    private @Nullable ByteBuf buffer;

    /**
     * A loop without a connection.
     *
     * @param pipes null where sockets do not splice
     */
    RelayLoop(IoEventLoop eventLoop, @Nullable KernelPipes pipes) {
        this.eventLoop = eventLoop;
        this.pipes = pipes;
    }

    IoEventLoop eventLoop() {
        return eventLoop;
    }

    @Nullable
    KernelPipes pipes() {
        return pipes;
    }

    /** Connections that it forwards for; any thread. */
    int connections() {
        return connections.get();
    }

    void connectionBegins() {
        connections.incrementAndGet();
    }

    void connectionEnds() {
        connections.decrementAndGet();
    }

    /** What all connections read into, {@link #BUFFER_BYTES} bytes; nobody finds in it what he left there. Loop only. */
    ByteBuf buffer() {
        if (buffer == null) {
            buffer = Unpooled.directBuffer(BUFFER_BYTES, BUFFER_BYTES);
        }
        return buffer;
    }

    /** Gives back what is held; after the loop has ended. */
    void close() {
        if (pipes != null) {
            pipes.close();
        }
        if (buffer != null) {
            buffer.release();
            buffer = null;
        }
    }
}
