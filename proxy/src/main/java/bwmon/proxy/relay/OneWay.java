package bwmon.proxy.relay;

import java.io.IOException;

import bwmon.ffi.Errno;
import bwmon.proxy.socket.KernelPipe;
import bwmon.proxy.socket.KernelPipes;
import bwmon.proxy.socket.StreamSocket;
import bwmon.proxy.socket.SystemErrors;
import bwmon.traffic.Direction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a relayed connection: reads from one socket, writes to the other. Event loop only.
 *
 * <p>Small amounts are read and written through the loop's buffer, two system calls for each. Where much comes, the kernel
 * hands it from socket to socket through a pipe (splice(2)), and nothing is copied; a pipe is asked for when there is
 * something to move, and given back as soon as it is empty.
 *
 * <p>Reading waits until all that was read before is with the kernel, so what is held back is at most one read, of
 * {@value RelayLoop#BUFFER_BYTES} bytes, or one pipe, of {@value #MAX_SPLICE}; of pipes there is a bounded number.
 */
final class OneWay {
    /** The most that is moved by splicing at a time. */
    private static final int MAX_SPLICE = 1 << 20;
    /** What is moved at a time, so that one busy connection does not keep the loop from the others. */
    private static final int BUDGET = 1 << 20;
    /** A read of so many bytes is a large one, and after so many of them in a row it is spliced. */
    private static final int LARGE_READ = 32 * 1024;
    private static final int LARGE_READS = 2;
    /** Less than that is not worth a splice, and after so many of them in a row it is read and written again. */
    private static final int SMALL_SPLICE = 16 * 1024;
    private static final int SMALL_SPLICES = 4;

    private final Relay relay;
    private final StreamSocket from;
    private final StreamSocket to;
    private final Direction direction;
    private final @Nullable RateLimiter limiter;
    /** Where a pipe is asked for; null where none serves: a limit's chunks are small. */
    private @Nullable KernelPipes pipes;

    /** What was read, or is ours to say first, and was not taken yet. */
    private @Nullable ByteBuf pending;
    /** How many bytes at the front of {@code pending} are our own, and so not counted. */
    private int uncounted;
    /** Holds what was spliced and was not taken yet; else null. */
    private @Nullable KernelPipe pipe;
    /** How many reads in a row were large, and splices small. */
    private byte largeReads;
    private byte smallSplices;
    /** Bytes read since the pump began. */
    private int moved;
    /** Whether a socket took only a part of what was spliced, ever. */
    private boolean fellShort;
    private boolean paid;
    private boolean waitingForTurn;
    private boolean sourceEnded;
    private boolean sourceFailed;
    private boolean sourceCut;
    private boolean finished;
    private boolean abandoned;

    OneWay(Relay relay, StreamSocket from, StreamSocket to, Direction direction, @Nullable RateLimiter limiter) {
        this.relay = relay;
        this.from = from;
        this.to = to;
        this.direction = direction;
        this.limiter = limiter;
        this.pipes = limiter == null ? relay.loop().pipes() : null;
    }

    /** Says something of our own before anything that is forwarded; the buffer is taken over. */
    void sayFirst(ByteBuf bytes) {
        if (!bytes.isReadable()) {
            bytes.release();
            return;
        }
        pending = bytes;
        uncounted = bytes.readableBytes();
    }

    /** Moves what can be moved now, as much of it as is fair. */
    void pump() {
        moved = 0;
        while (moved < BUDGET) {
            // A step may end the connection: its descriptors' numbers belong to others from then on.
            if (relay.isOver() || !step()) {
                return;
            }
        }
        try {
            // Through epoll, not by a task: Netty runs tasks for up to a second before it looks at other sockets again.
            from.arm();
        } catch (IOException e) {
            fail(e);
        }
    }

    /** One read and what comes of it; false if nothing more can be done now. */
    private boolean step() {
        if (finished || (sourceEnded && abandoned)) {
            return false;
        }
        if (abandoned) {
            return from.mayRead() && discard();
        }
        if (!flush()) {
            // If it has just turned out that nothing is taken any more, what is there to read is still read.
            return abandoned;
        }
        if (sourceEnded) {
            // After a reset the end is not passed on as one: the other side would take a cut stream for a whole.
            if (!sourceFailed) {
                finish();
            }
            return false;
        }
        return from.mayRead() && hasTurn() && transfer();
    }

    /** Writes what is pending; false if some of it still is. */
    private boolean flush() {
        if (pending == null && pipe == null) {
            return true;
        }
        if (!to.mayWrite()) {
            return false;
        }
        return pipe != null ? drain(pipe) : pending == null || flush(pending);
    }

    private boolean flush(ByteBuf bytes) {
        int start = bytes.readerIndex();
        int taken = write(bytes, start, bytes.writerIndex());
        if (taken < 0) {
            return false;
        }
        bytes.readerIndex(start + taken);
        if (bytes.isReadable()) {
            return false;
        }
        bytes.release();
        pending = null;
        return true;
    }

    /** Writes what a pipe holds, and gives it back once it holds nothing; false if it still does. */
    private boolean drain(KernelPipe full) {
        try {
            int taken = to.takeFrom(full);
            if (taken > 0) {
                relay.forwarded(direction, taken);
            }
        } catch (IOException e) {
            giveUpSink(e);
            return false;
        }
        if (full.held() > 0) {
            fellShort = true;
            return false;
        }
        giveBackPipe();
        return true;
    }

    private void giveBackPipe() {
        if (pipe != null && pipes != null) {
            pipes.giveBack(pipe);
            pipe = null;
        }
    }

    /** Writes and counts; -1 if the socket takes no more, ever. */
    private int write(ByteBuf bytes, int start, int end) {
        int taken;
        try {
            taken = to.write(bytes, start, end);
        } catch (IOException e) {
            giveUpSink(e);
            return -1;
        }
        int ours = Math.min(taken, uncounted);
        uncounted -= ours;
        if (taken > ours) {
            relay.forwarded(direction, taken - ours);
        }
        return taken;
    }

    private void giveUpSink(IOException cause) {
        abandon();
        // Linux tells a reset by EPIPE if the peer had ended its stream before, else by ECONNRESET; but only once.
        relay.sinkFailed(this, cause, SystemErrors.number(cause) != SystemErrors.EPIPE);
    }

    private boolean hasTurn() {
        if (limiter == null || paid) {
            return true;
        }
        if (!waitingForTurn) {
            paid = limiter.pay(() -> relay.execute(this::turnCame));
            waitingForTurn = !paid;
        }
        return paid;
    }

    private void turnCame() {
        waitingForTurn = false;
        paid = true;
        if (finished || abandoned || sourceEnded || relay.isOver()) {
            settle(0);
        } else {
            relay.pump();
        }
    }

    private void settle(int bytes) {
        if (paid && limiter != null) {
            paid = false;
            limiter.settle(bytes);
        }
    }

    /** One read, and the write of what it gave; false if nothing more can be done now. */
    private boolean transfer() {
        if (largeReads >= LARGE_READS && pipes != null) {
            pipe = pipes.take();
            if (pipe != null) {
                return splice(pipe);
            }
        }
        return copy();
    }

    private boolean copy() {
        ByteBuf buffer = relay.loop().buffer();
        int count = read(buffer, limiter == null ? RelayLoop.BUFFER_BYTES : limiter.chunk());
        settle(Math.max(count, 0));
        if (count <= 0) {
            return sourceEnded;
        }
        largeReads = count < LARGE_READ ? 0 : (byte) Math.min(largeReads + 1, LARGE_READS);
        int taken = write(buffer, 0, count);
        if (taken >= 0 && taken < count) {
            pending = PooledByteBufAllocator.DEFAULT.directBuffer(count - taken)
                    .writeBytes(buffer, taken, count - taken);
        }
        return taken == count || abandoned;
    }

    /** As {@link #copy}, by way of an empty pipe. */
    private boolean splice(KernelPipe empty) {
        int count;
        try {
            count = from.moveTo(empty, MAX_SPLICE);
        } catch (IOException e) {
            giveBackPipe();
            int number = SystemErrors.number(e);
            if (number == Errno.EINVAL || number == Errno.ENOSYS) {
                // Not this kind of socket, or not here. Nothing was lost by the attempt.
                pipes = null;
                return copy();
            }
            fail(e);
            return true;
        }
        if (count == 0) {
            giveBackPipe();
            return from.mayRead() && copy();
        }
        took(count);
        smallSplices = count < SMALL_SPLICE ? (byte) (smallSplices + 1) : 0;
        if (smallSplices >= SMALL_SPLICES) {
            smallSplices = 0;
            largeReads = 0;
        }
        return drain(empty) || abandoned;
    }

    /**
     * Reads what can go nowhere any more: a peer that is stuck in sending would never read what it is still to get.
     * Counted as read, and never as forwarded.
     */
    private boolean discard() {
        return read(relay.loop().buffer(), RelayLoop.BUFFER_BYTES) > 0;
    }

    /** Reads and counts, and tells the relay of an end; 0 or less if there was nothing. */
    private int read(ByteBuf buffer, int max) {
        int count;
        try {
            count = from.read(buffer, max);
        } catch (IOException e) {
            fail(e);
            return -1;
        }
        took(count);
        return count;
    }

    /** Counts what was read, 0 or more, or tells the relay of an end. */
    private void took(int count) {
        if (count > 0) {
            moved += count;
            relay.read(direction, count);
        } else if (count < 0 && (sourceCut || relay.isCut(this, direction))) {
            fail(sourceCut ? null : new IOException("reset by the peer"));
        } else if (count < 0) {
            sourceEnded = true;
            relay.sourceEnded(this);
        }
    }

    private void fail(@Nullable IOException e) {
        settle(0);
        sourceEnded = true;
        sourceFailed = true;
        relay.sourceFailed(this, e);
    }

    /** The source was reset, as writing to it told: reading will tell of an end, which is not to be taken for one. */
    void cutSource() {
        sourceCut = true;
    }

    /** Whether what splicing tells of the sink's state may have been lost: it tells of bytes moved or of an error. */
    boolean hasFallenShort() {
        return fellShort;
    }

    private void finish() {
        try {
            to.endOutput();
        } catch (IOException e) {
            abandon();
            relay.sinkFailed(this, e, false);
            return;
        }
        finished = true;
        relay.finished();
    }

    /** Gives up what cannot be delivered any more; it stays counted as read, but not as forwarded. */
    void abandon() {
        abandoned = true;
        if (pending != null) {
            pending.release();
            pending = null;
        }
        giveBackPipe();
        settle(0);
    }

    /** Whether all was read, to the end of the stream or to an error. */
    boolean isSourceEnded() {
        return sourceEnded;
    }

    /** Whether the end of the stream was passed on, behind everything before it. */
    boolean isFinished() {
        return finished;
    }

    /** Whether nothing is written any more in this direction. */
    boolean isAbandoned() {
        return abandoned;
    }

    /** Bytes that were read and are left to be written. */
    int pendingBytes() {
        return (pending == null ? 0 : pending.readableBytes()) + (pipe == null ? 0 : pipe.held());
    }

    StreamSocket from() {
        return from;
    }

    StreamSocket to() {
        return to;
    }
}
