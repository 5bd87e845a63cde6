package bwmon.proxy.relay;

import java.io.IOException;

import bwmon.traffic.Direction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.concurrent.FastThreadLocal;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a relayed connection: reads from one socket, writes to the other. Event loop only.
 *
 * <p>Reading waits until all that was read before is with the kernel, so at most one read of {@value #MAX_READ} bytes is
 * held back in each direction: 256 KiB for a connection that is stalled both ways.
 */
final class OneWay {
    /** The most that is read at a time. */
    private static final int MAX_READ = 128 * 1024;
    /** Rounds at a time, so that one busy connection does not keep the loop from the others: 512 KiB. */
    private static final int ROUNDS = 4;

    /** Read into by all connections of a loop; what a socket does not take at once is copied out of it. */
    private static final FastThreadLocal<ByteBuf> READ_BUFFER = new FastThreadLocal<>() {
        @Override
        protected ByteBuf initialValue() {
            return PooledByteBufAllocator.DEFAULT.directBuffer(MAX_READ, MAX_READ);
        }

        @Override
        protected void onRemoval(ByteBuf buffer) {
            buffer.release();
        }
    };

    private final Relay relay;
    private final StreamSocket from;
    private final StreamSocket to;
    private final Direction direction;
    private final @Nullable RateLimiter limiter;

    /** What was read, or is ours to say first, and was not taken yet. */
    private @Nullable ByteBuf pending;
    /** How many bytes at the front of {@code pending} are our own, and so not counted. */
    private int uncounted;
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
        for (int round = 0; round < ROUNDS; round++) {
            if (!step()) {
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
        if (pending == null) {
            return true;
        }
        if (!to.mayWrite()) {
            return false;
        }
        int start = pending.readerIndex();
        int taken = write(pending, start, pending.writerIndex());
        if (taken < 0) {
            return false;
        }
        pending.readerIndex(start + taken);
        if (pending.isReadable()) {
            return false;
        }
        pending.release();
        pending = null;
        return true;
    }

    /** Writes and counts; -1 if the socket takes no more, ever. */
    private int write(ByteBuf bytes, int start, int end) {
        int taken;
        try {
            taken = to.write(bytes, start, end);
        } catch (IOException e) {
            abandon();
            // Linux tells a reset by EPIPE if the peer had ended its stream before, else by ECONNRESET; but only once.
            relay.sinkFailed(this, e, SystemErrors.number(e) != SystemErrors.EPIPE);
            return -1;
        }
        int ours = Math.min(taken, uncounted);
        uncounted -= ours;
        if (taken > ours) {
            relay.forwarded(direction, taken - ours);
        }
        return taken;
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
        ByteBuf buffer = READ_BUFFER.get();
        int count = read(buffer, limiter == null ? MAX_READ : limiter.chunk());
        settle(Math.max(count, 0));
        if (count <= 0) {
            return sourceEnded;
        }
        int taken = write(buffer, 0, count);
        if (taken >= 0 && taken < count) {
            pending = buffer.alloc().directBuffer(count - taken).writeBytes(buffer, taken, count - taken);
        }
        return taken == count || abandoned;
    }

    /**
     * Reads what can go nowhere any more: a peer that is stuck in sending would never read what it is still to get.
     * Counted as read, and never as forwarded.
     */
    private boolean discard() {
        return read(READ_BUFFER.get(), MAX_READ) > 0;
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
        if (count > 0) {
            relay.read(direction, count);
        } else if (count < 0 && sourceCut) {
            fail(null);
        } else if (count < 0) {
            sourceEnded = true;
            relay.sourceEnded(this);
        }
        return count;
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
        return pending == null ? 0 : pending.readableBytes();
    }

    StreamSocket from() {
        return from;
    }

    StreamSocket to() {
        return to;
    }
}
